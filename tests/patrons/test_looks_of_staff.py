"""Whom a colleague looked at."""

import pytest

from faelles.ground.access import record_access
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId, StaffId
from faelles.patrons.looking.operations import looks_of_staff
from faelles.people.model import Caller, Grant, Permission
from people.colleagues import employ
from town import Town

SEEN = [PatronId(10**12 + 1), PatronId(10**12 + 2)]


def officer(town: Town, *permissions: Permission) -> Caller:
    return Caller(
        agency=town.agency,
        actor=Actor(ActorKind.STAFF, 999),
        language=Language.DANISH,
        grants=(Grant(frozenset(permissions)),),
    )


async def test_each_look_is_listed_and_pages_follow_each_other(database: Database, town: Town):
    staff = await employ(database, town.agency, "lise")
    await database.run(town.agency, Actor(ActorKind.STAFF, staff), lambda tx: record_access(tx, "checkout", SEEN))
    caller = officer(town, Permission.PRIVACY, Permission.PEOPLE_VIEW)
    first = await database.run(town.agency, caller.actor, lambda tx: looks_of_staff(tx, caller, staff, limit=1))
    second = await database.run(
        town.agency, caller.actor, lambda tx: looks_of_staff(tx, caller, staff, before=first[0], limit=5)
    )
    assert [look.person for look in [*first, *second]] == sorted(SEEN, reverse=True)
    told = await database.run(
        town.agency,
        caller.actor,
        lambda tx: tx.value(
            "SELECT count(*) FROM access_log WHERE agency_id = $1 AND operation = 'looks_of_staff'", tx.agency
        ),
    )
    assert told == len(SEEN)


async def test_it_takes_the_permission_for_privacy_and_a_colleague(database: Database, town: Town):
    clerk, privacy = officer(town, Permission.PEOPLE_VIEW), officer(town, Permission.PRIVACY, Permission.PEOPLE_VIEW)
    with pytest.raises(ForbiddenError):
        await database.run(town.agency, clerk.actor, lambda tx: looks_of_staff(tx, clerk, StaffId(1)))
    with pytest.raises(NotFoundError):
        await database.run(town.agency, privacy.actor, lambda tx: looks_of_staff(tx, privacy, StaffId(2**40)))
