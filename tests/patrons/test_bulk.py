from datetime import date
from time import perf_counter

import pytest

from faelles.ground.errors import ConflictError
from faelles.patrons.bulk import PreparedMembership, PreparedPatron, load_patrons, new_patron_id
from faelles.patrons.identification.sign_in import check_pin
from faelles.patrons.identifiers import IdentifierKind, made_up_cpr
from faelles.patrons.looking.operations import identify
from faelles.patrons.model import Contact, Role
from patrons_desk import ANY_GROUP, Desk
from waiting import PATIENCE

SINCE = date(2024, 1, 1)


def prepared(desk: Desk, number: int, **given) -> PreparedPatron:
    born = date(1950 + number % 60, 1 + number % 12, 1 + number % 28)
    return PreparedPatron(
        **{
            "id": new_patron_id(),
            "name": f"Lise Larsen {number}",
            "home_branch": desk.town.main,
            "birth_date": born,
            "contact": Contact(street=f"Vej {number}", city="Ballerup"),
            "pin": "4711",
            "identifiers": (
                (IdentifierKind.CARD, f"90{number:08d}"),
                (IdentifierKind.CPR, made_up_cpr(born, number // 336 % 1000)),
            ),
            "memberships": (
                PreparedMembership(division=desk.town.library, role=Role.BORROWER, group=ANY_GROUP, starts_on=SINCE),
            ),
            **given,
        }
    )


async def test_many_patrons_are_loaded_at_once_and_each_is_found_by_card_and_cpr(desk: Desk):
    patrons = [prepared(desk, number) for number in range(2000)]
    patrons[1] = prepared(desk, 1, guardian=patrons[0].id)
    started = perf_counter()
    await desk.run(lambda tx: load_patrons(tx, desk.keyring, patrons, since=SINCE))
    assert perf_counter() - started < PATIENCE
    for number in (0, 999, 1999):
        for _, value in patrons[number].identifiers:
            found = await desk.run(lambda tx, value=value: identify(tx, desk.caller, desk.keyring, value))
            assert [each.patron.id for each in found] == [patrons[number].id]
    agency = desk.town.agency
    assert await check_pin(desk.database, desk.keyring, agency, identifier="9000000007", pin="4711") == patrons[7].id


async def test_a_card_that_is_taken_loads_none(desk: Desk):
    await desk.run(lambda tx: load_patrons(tx, desk.keyring, [prepared(desk, 1)], since=SINCE))
    with pytest.raises(ConflictError, match="identifier_taken"):
        await desk.run(lambda tx: load_patrons(tx, desk.keyring, [prepared(desk, 2), prepared(desk, 1)], since=SINCE))
    assert len(await desk.rows("SELECT FROM patron WHERE agency_id = $1", desk.town.agency)) == 1
