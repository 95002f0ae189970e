"""A country in miniature is whole, made up, and the same each time."""

from datetime import date

import pytest

from demo.conftest import ISILS, SMALL, Country
from faelles.demo.filling import plans
from faelles.demo.population import populate
from faelles.fees.operations import verify
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId
from faelles.patrons.identifiers import IdentifierKind, read_cpr, unseal
from faelles.people.store import agency_behind_isil
from faelles.policies.operations import current_settings


async def agency(database: Database, isil: str) -> AgencyId:
    found = await agency_behind_isil(database, isil)
    assert found is not None
    return found


@pytest.fixture(params=ISILS)
async def tx(request: pytest.FixtureRequest, country: Country):
    async with country.database.transaction(await agency(country.database, request.param), SYSTEM) as opened:
        yield opened


async def count(tx: Transaction, sql: str) -> int:
    return await tx.value(f"SELECT count(*) {sql}")


async def test_what_was_broken_off_is_done_by_the_next_start_and_then_nothing_is_left_to_do(country: Country):
    assert not await country.fill()


async def test_every_agency_has_its_share(country: Country):
    for plan in plans(SMALL):
        async with country.database.transaction(await agency(country.database, plan.seed.founding.isil), SYSTEM) as tx:
            classes = await count(tx, "FROM school_class")
            # Whoever chose what to try may have added to it.
            assert await count(tx, "FROM patron") >= plan.patrons + classes
            assert await count(tx, "FROM item") >= plan.items


async def test_there_is_everything_a_library_has(tx: Transaction):
    for wanted in (
        "FROM loan WHERE closed_at IS NULL AND due_on >= lent_on",
        "FROM loan WHERE closed_at IS NULL AND due_on < current_date",
        "FROM loan WHERE closed_how = 'returned' AND closed_on <= due_on",
        "FROM loan WHERE closed_how = 'returned' AND closed_on > due_on",
        "FROM guardian",
        "FROM class_member WHERE role = 'pupil'",
        "FROM class_member WHERE role = 'teacher'",
        "FROM patron WHERE kind = 'institution'",
        "FROM item WHERE not_for_loan IS NOT NULL",
        "FROM patron WHERE name ~ '[æøå]'",
        "FROM ledger_entry",
    ):
        assert await count(tx, wanted) > 0, wanted


async def test_a_copy_on_loan_is_in_that_state_and_no_other(tx: Transaction):
    lent = "FROM item_circulation AS c JOIN loan AS l ON l.item_id = c.item_id AND l.closed_at IS NULL"
    assert await count(tx, f"{lent} WHERE c.state <> 'on_loan'") == 0
    assert await count(tx, lent) == await count(tx, "FROM item_circulation WHERE state = 'on_loan'")


async def test_every_loan_was_told(tx: Transaction):
    assert await count(tx, "FROM loan") == await count(tx, "FROM event WHERE kind = 'loan.opened'")
    closed = await count(tx, "FROM loan WHERE closed_at IS NOT NULL")
    assert closed == await count(tx, "FROM event WHERE kind = 'loan.returned'")


async def test_the_books_add_up(tx: Transaction):
    assert await verify(tx) == []


async def test_no_cpr_number_can_be_anybodys(tx: Transaction, country: Country):
    kept = await tx.rows("SELECT sealed FROM patron_identifier WHERE kind = 'cpr'")
    numbers = [read_cpr(unseal(country.keyring, tx.agency, row["sealed"])) for row in kept]
    assert len(numbers) > 40
    assert all(number is not None and number.is_replacement for number in numbers)


async def test_the_same_people_are_made_up_each_time(tx: Transaction):
    settings = await current_settings(tx)
    first, second = (populate(settings, place=3, count=300, today=date(2027, 3, 1)) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("patrons", [60, 97, 1500])
async def test_no_identifier_is_two_peoples(tx: Transaction, patrons: int):
    made_up = populate(await current_settings(tx), place=103, count=patrons, today=date(2027, 3, 1)).patrons
    identifiers = [each for patron in made_up for each in patron.identifiers]
    assert len(made_up) == patrons
    assert len(set(identifiers)) == len(identifiers)
    assert {kind for kind, _ in identifiers} >= {IdentifierKind.CARD, IdentifierKind.CPR, IdentifierKind.CVR}


async def test_vans_drive_where_there_are_many_branches(tx: Transaction):
    # Everybody may read where there are branches.
    branches = await count(tx, "FROM branch WHERE agency_id = current_agency() AND kind = 'public' AND is_pickup")
    assert (await count(tx, "FROM van WHERE retired_at IS NULL") > 0) == (branches >= 4)
