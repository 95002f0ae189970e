"""What the night and the rounds do about debts."""

from datetime import date

from faelles.fees.debt.nightly import write
from faelles.fees.exclusion.nightly import write_to_debtors
from faelles.fees.neighbours.model import Adapter
from faelles.fees.rounds import make_round
from faelles.ground.database import Database
from fees.accounts import Household
from fees.debt.office import Office

DAY = date(2027, 5, 1)


async def test_the_night_writes_and_the_rounds_deliver_and_fetch(office: Office):
    claim = await office.charge(30_000)
    office.days = 61
    first = await office.run(lambda tx, _: write(tx, DAY, None))
    assert (first.next, first.counts) == ("more", {"debt_claims": 1, "debt_adjustments": 0})
    assert (await office.run(lambda tx, _: write(tx, DAY, first.next))).next is None
    assert office.other_side._memory().balances == {}
    for _ in range(2):
        await make_round(office.database, office.outside, office.household.town.agency)
    assert office.other_side._memory().balances == {claim: 30_000}
    assert await office.differences() == []


async def test_a_debtor_system_that_is_away_is_left_for_the_next_round(office: Office):
    await office.use(Adapter.HTTP, "http://127.0.0.1:9")
    await office.charge(30_000)
    office.days = 61
    await office.run(lambda tx, _: write(tx, DAY, None))
    await make_round(office.database, office.outside, office.household.town.agency)
    await office.use(Adapter.FILE_DROP)
    await make_round(office.database, office.outside, office.household.town.agency)
    assert len(office.sent()) == 1


async def test_where_nobody_has_chosen_a_debtor_system_there_is_nothing_to_do(
    database: Database, household: Household, office: Office
):
    async with database.transaction(household.town.agency, office.caller.actor) as tx:
        await tx.execute("DELETE FROM money_neighbour WHERE agency_id = $1", tx.agency)
        done = await write(tx, DAY, None)
    assert (done.next, done.counts) == (None, {})
    await make_round(office.database, office.outside, household.town.agency)


async def test_the_night_writes_to_those_who_owe_too_much(office: Office):
    await office.charge(30_000)
    done = await office.run(lambda tx, _: write_to_debtors(tx, DAY, None))
    assert (done.next, done.counts) == (None, {"exclusion_notices": 1})
