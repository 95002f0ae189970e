"""The operator's supporters: in only while the agency lets them, only to look, and seen doing it."""

from datetime import timedelta

import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import ForbiddenError, UnauthenticatedError
from faelles.ground.ids import NATION, StaffId
from faelles.people.model import Caller, Permission, system_caller
from faelles.people.operations import caller_by_token
from faelles.people.rules import SUPPORT_PERMISSIONS
from faelles.people.sign_in import sign_in_staff
from faelles.people.staff.model import Assignment, StaffChange
from faelles.people.staff.operations import change_staff
from faelles.people.support.model import NewSupportGrant
from faelles.people.support.operations import enter_agency, grant_support, list_support_grants, revoke_support
from people.colleagues import PASSWORD, at, employ, event_kinds, sign_in
from town import Town


async def supporter(database: Database, keyring: Keyring, town: Town) -> Caller:
    """A supporter whom only this test knows: the nation is shared by all."""
    username = f"hanne{town.agency}"
    await employ(database, NATION, username, Assignment(role="supporter"))
    token = await sign_in_staff(database, keyring, agency_isil="DK", username=username, password=PASSWORD)
    return await caller_by_token(database, token.secret)


async def let_in(database: Database, town: Town, operator: str | None = None) -> int:
    new = NewSupportGrant(reason="Fejl ved fornyelse", hours=2, operator=operator)
    async with database.transaction(town.agency, SYSTEM) as tx:
        return (await grant_support(tx, system_caller(town.agency), new)).id


async def test_a_supporter_who_is_let_in_looks_and_changes_nothing(database: Database, keyring: Keyring, town: Town):
    hanne = await supporter(database, keyring, town)
    await let_in(database, town)
    token = await enter_agency(database, hanne, town.isil)
    inside = await caller_by_token(database, token.secret)
    assert inside.agency == town.agency
    assert inside.actor == Actor(ActorKind.SUPPORT, hanne.actor.id)
    assert inside.support == f"hanne{town.agency}"
    assert [grant.permissions for grant in inside.grants] == [SUPPORT_PERMISSIONS]


async def test_nobody_is_in_without_being_let_in(database: Database, keyring: Keyring, town: Town, neighbour: Town):
    hanne = await supporter(database, keyring, town)
    await let_in(database, neighbour)
    await let_in(database, town, operator="somebody-else")
    for isil in (town.isil, "DK-000000", "DK"):
        with pytest.raises(ForbiddenError, match="support_not_granted"):
            await enter_agency(database, hanne, isil)


async def test_an_agencys_own_staff_cannot_enter_another(
    database: Database, keyring: Keyring, town: Town, neighbour: Town
):
    await employ(database, town.agency, "aase", Assignment(role="administrator"))
    await let_in(database, neighbour)
    with pytest.raises(ForbiddenError):
        await enter_agency(database, await sign_in(database, keyring, town, "aase"), neighbour.isil)


async def test_revoking_puts_the_supporter_out_at_once(database: Database, keyring: Keyring, town: Town):
    hanne = await supporter(database, keyring, town)
    grant = await let_in(database, town)
    token = await enter_agency(database, hanne, town.isil)
    for _ in range(2):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await revoke_support(tx, system_caller(town.agency), grant)
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)
    with pytest.raises(ForbiddenError):
        await enter_agency(database, hanne, town.isil)
    kinds = [kind for kind in await event_kinds(database, town.agency) if kind.startswith("support_")]
    assert kinds == ["support_granted", "support_entered", "support_revoked"]


async def test_a_grant_ends_by_itself(database: Database, keyring: Keyring, town: Town):
    hanne = await supporter(database, keyring, town)
    await let_in(database, town)
    late = utc_now() + timedelta(minutes=110)
    token = await enter_agency(at(database, late), hanne, town.isil)
    assert token.expires_at < late + timedelta(minutes=11)
    with pytest.raises(ForbiddenError):
        await enter_agency(at(database, utc_now() + timedelta(hours=2, minutes=1)), hanne, town.isil)


async def test_a_supporter_whom_the_operator_lets_go_is_out_of_every_agency(
    database: Database, keyring: Keyring, town: Town
):
    hanne = await supporter(database, keyring, town)
    await let_in(database, town)
    token = await enter_agency(database, hanne, town.isil)
    async with database.transaction(NATION, SYSTEM) as tx:
        await change_staff(tx, system_caller(NATION), StaffId(hanne.actor.id), StaffChange(is_disabled=True))
    with pytest.raises(UnauthenticatedError):
        await caller_by_token(database, token.secret)


async def test_only_those_who_may_let_supporters_in(database: Database, keyring: Keyring, town: Town):
    await employ(database, town.agency, "aase", Assignment(role="manager"))
    await employ(database, town.agency, "bo", Assignment(role="administrator", division=town.library))
    for username in ("aase", "bo"):
        caller = await sign_in(database, keyring, town, username)
        async with database.transaction(town.agency, caller.actor) as tx:
            with pytest.raises(ForbiddenError):
                await grant_support(tx, caller, NewSupportGrant(reason="x", hours=1))


async def test_the_agency_sees_who_was_let_in_when_and_why(database: Database, town: Town, neighbour: Town):
    await let_in(database, town)
    async with database.transaction(town.agency, SYSTEM) as tx:
        (grant,) = await list_support_grants(tx, system_caller(town.agency))
    assert (grant.reason, grant.granted_by, grant.revoked_at) == ("Fejl ved fornyelse", "system:0", None)
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        assert await list_support_grants(tx, system_caller(neighbour.agency)) == []


async def test_the_permission_to_support_means_nothing_inside_an_agency(
    database: Database, keyring: Keyring, town: Town
):
    hanne = await supporter(database, keyring, town)
    assert not hanne.may(Permission.PATRON_VIEW)
    assert not hanne.may(Permission.CHECKOUT)
