"""Late returns and lost items, charged by circulation."""

import asyncio
from datetime import timedelta

import pytest

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import Means, Pay
from faelles.fees.forgetting.operations import forget_fees
from faelles.fees.model import ChargeKind, ChargeRaised, LateReturn, Replacement, Uncollected
from faelles.fees.operations import (
    charge_overdue,
    charge_replacement,
    charge_uncollected,
    refund_replacement,
    release_loan,
    verify,
)
from faelles.fees.rules import overdue_batch
from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import HoldId, LoanId
from faelles.ground.money import Ore
from fees.accounts import DUE, Household, balances, cashier, loan_number, lock, owed

OVERDUE = [ChargeKind.OVERDUE]


async def charge(database: Database, household: Household, *returns: LateReturn) -> list[ChargeRaised | None]:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        return [await charge_overdue(tx, late) for late in returns]


async def release(database: Database, household: Household, loan: LoanId, batch: str | None = None) -> int:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        return await release_loan(tx, loan, OVERDUE, "return_undone", batch=batch)


async def lose(database: Database, household: Household, lost: Replacement) -> list[ChargeRaised]:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        return await charge_replacement(tx, lost)


async def find(database: Database, household: Household, loan: LoanId) -> int:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        return await refund_replacement(tx, loan, reason="item_found")


async def pay_in_full(database: Database, household: Household) -> None:
    await at_counter(database, household, desk.pay, in_cash(household, await owed(database, household)))


async def forget_what_is_settled(database: Database, household: Household) -> None:
    """As when the time for objections is over; whose it was, and which loan, is gone."""
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        assert [(await forget_fees(tx, tx.now + timedelta(seconds=1))).rows for _ in range(2)] == [1, 0]


async def open_claims(database: Database, household: Household) -> list[int]:
    """What is owed of each."""
    claims = await at_counter(database, household, desk.claims, only_open=True, before=None, limit=10)
    assert await at_counter(database, household, lambda tx, *_: verify(tx)) == []
    return [claim.outstanding_ore for claim in claims]


async def at_counter(database: Database, household: Household, work, *arguments, **named):
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        return await work(tx, cashier(household.town), household.patron, *arguments, **named)


def in_cash(household: Household, amount: int) -> Pay:
    return Pay(branch=household.town.main, amount_ore=amount, means=Means.CASH, reference=f"kasse/{loan_number()}")


async def test_items_of_one_batch_cost_one_fee(database: Database, household: Household):
    raised = await charge(database, household, *(household.late(loan_number()) for _ in range(5)))
    assert [answer.amount_ore for answer in raised if answer] == [2_000, 0, 0, 0, 0]
    assert len({answer.charge for answer in raised if answer}) == 1
    assert await owed(database, household) == 2_000


async def test_items_returned_on_two_days_cost_two_fees(database: Database, household: Household):
    await charge(database, household, household.late(loan_number(), 3), household.late(loan_number(), 4))
    assert await owed(database, household) == 4_000


@pytest.mark.parametrize("order", [(3, 9, 40), (40, 9, 3), (9, 40, 3)])
async def test_a_higher_step_in_the_batch_adds_the_difference_in_any_order(
    database: Database, household: Household, order
):
    day = DUE + timedelta(days=40)
    await charge(database, household, *(household.late(loan_number(), days, settled=day) for days in order))
    assert await owed(database, household) == 23_000


async def test_the_same_loan_twice_is_charged_once(database: Database, household: Household):
    loan = loan_number()
    first, second = await charge(database, household, household.late(loan), household.late(loan))
    assert first is not None
    assert second is not None
    assert (first.charge, second.amount_ore) == (second.charge, 0)
    assert await owed(database, household) == 2_000


async def test_in_time_or_free_of_charge_leaves_no_trace(database: Database, household: Household):
    free = (Ore(0), Ore(0), Ore(0))
    answers = await charge(
        database, household, household.late(loan_number(), 0), household.late(loan_number(), 50, tariff=free)
    )
    assert answers == [None, None]
    assert await balances(database, household) == {}


async def test_school_and_public_library_keep_separate_accounts(database: Database, household: Household):
    await charge(database, household, household.late(loan_number()), household.late(loan_number(), school=True))
    town = household.town
    assert await balances(database, household) == {town.library: 2_000, town.schools: 2_000}


async def test_eight_desks_returning_one_batch_raise_one_fee(database: Database, household: Household):
    await asyncio.gather(*(charge(database, household, household.late(loan_number())) for _ in range(8)))
    assert await owed(database, household) == 2_000
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        assert await tx.value("SELECT count(*) FROM charge WHERE agency_id = $1", tx.agency) == 1
        assert await tx.value("SELECT count(*) FROM charge_line WHERE agency_id = $1", tx.agency) == 8
        assert await tx.value("SELECT count(*) FROM account WHERE agency_id = $1", tx.agency) == 1


async def test_liable_and_addressed_are_fixed_on_the_claim(database: Database, household: Household):
    await charge(database, household, household.late(loan_number()))
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        party = await tx.row("SELECT liable_id, addressee_id FROM charge_party WHERE agency_id = $1", tx.agency)
    assert party is not None
    assert tuple(party) == (household.parent, household.parent)


async def test_a_copy_that_comes_back_when_the_fee_is_forgotten_joins_it_all_the_same(
    database: Database, household: Household
):
    await charge(database, household, household.late(loan_number(), 9))
    await pay_in_full(database, household)
    await forget_what_is_settled(database, household)
    later = loan_number()
    joined = await charge(database, household, household.late(later, 9))
    assert [answer.amount_ore for answer in joined if answer] == [0]
    assert await release(database, household, later) == 0
    assert await balances(database, household) == {household.town.library: 0}


async def test_what_is_added_to_a_forgotten_claim_is_asked_of_whoever_is_liable(
    database: Database, household: Household
):
    await charge(database, household, household.late(loan_number()))
    await pay_in_full(database, household)
    await forget_what_is_settled(database, household)
    dearer = (Ore(3_000), Ore(12_000), Ore(23_000))
    await charge(database, household, household.late(loan_number(), tariff=dearer))
    (claim,) = await at_counter(database, household, desk.claims, only_open=True, before=None, limit=10)
    assert (claim.outstanding_ore, claim.liable) == (1_000, household.parent)


async def test_a_return_undone_takes_its_fee_back(database: Database, household: Household):
    loan = loan_number()
    await charge(database, household, household.late(loan))
    assert await release(database, household, loan) == 2_000
    assert await owed(database, household) == 0


async def test_a_return_undone_twice_is_undone_once(database: Database, household: Household):
    loan = loan_number()
    await charge(database, household, household.late(loan))
    await release(database, household, loan)
    assert await release(database, household, loan) == 0
    assert await owed(database, household) == 0


async def test_undoing_one_return_of_a_batch_leaves_the_fee_for_the_others(database: Database, household: Household):
    first, second = loan_number(), loan_number()
    await charge(database, household, household.late(first), household.late(second))
    assert await release(database, household, first) == 0
    assert await owed(database, household) == 2_000


@pytest.mark.parametrize("order", [(3, 9), (9, 3)])
async def test_undoing_the_latest_return_leaves_the_lower_step(database: Database, household: Household, order):
    day = DUE + timedelta(days=9)
    loans = {days: loan_number() for days in order}
    await charge(database, household, *(household.late(loans[days], days, settled=day) for days in order))
    assert await release(database, household, loans[9]) == 10_000
    assert await owed(database, household) == 2_000


async def test_undoing_the_return_leaves_what_the_late_renewal_cost(database: Database, household: Household):
    loan = loan_number()
    renewed, returned = household.late(loan, 3), household.late(loan, 10)
    await charge(database, household, renewed, returned)
    batch = overdue_batch(returned.lent_on, returned.due_on, returned.settled_on)
    assert await release(database, household, loan, batch) == 12_000
    assert await owed(database, household) == 2_000


async def test_a_return_undone_and_done_again_is_charged_again(database: Database, household: Household):
    loan = loan_number()
    await charge(database, household, household.late(loan))
    await release(database, household, loan)
    await charge(database, household, household.late(loan))
    assert await owed(database, household) == 2_000


async def test_a_return_done_again_is_paid_by_what_was_paid_for_it_before(database: Database, household: Household):
    loan = loan_number()
    await charge(database, household, household.late(loan, 40))
    await pay_in_full(database, household)
    await release(database, household, loan)
    assert await owed(database, household) == -23_000
    await charge(database, household, household.late(loan, 40))
    assert (await owed(database, household), await open_claims(database, household)) == (0, [])


async def test_credit_pays_as_much_of_a_dearer_claim_as_it_can(database: Database, household: Household):
    loan = loan_number()
    await charge(database, household, household.late(loan, 3))
    await pay_in_full(database, household)
    await release(database, household, loan)
    await charge(database, household, household.late(loan, 40))
    assert await open_claims(database, household) == [21_000]


async def test_what_a_claim_taken_back_sets_free_pays_what_else_is_owed(database: Database, household: Household):
    first, second = loan_number(), loan_number()
    await charge(database, household, household.late(first, 40))
    await pay_in_full(database, household)
    await charge(database, household, household.late(second, 3))
    await release(database, household, first)
    assert (await owed(database, household), await open_claims(database, household)) == (-21_000, [])


async def test_one_divisions_credit_pays_nothing_in_another(database: Database, household: Household):
    loan = loan_number()
    await charge(database, household, household.late(loan, 40))
    await pay_in_full(database, household)
    await release(database, household, loan)
    await charge(database, household, household.late(loan_number(), school=True))
    town = household.town
    assert await balances(database, household) == {town.library: -23_000, town.schools: 2_000}


async def test_a_lost_item_costs_its_price_and_the_processing_once(database: Database, household: Household):
    lost = household.lost(loan_number())
    assert [answer.amount_ore for answer in await lose(database, household, lost)] == [30_000, 5_000]
    assert [answer.amount_ore for answer in await lose(database, household, lost)] == [0, 0]
    assert await owed(database, household) == 35_000


async def test_of_a_lost_item_that_is_found_only_the_overdue_fee_stays(database: Database, household: Household):
    lost = household.lost(loan_number())
    await charge(database, household, household.late(lost.loan))
    await lose(database, household, lost)
    assert await find(database, household, lost.loan) == 35_000
    assert await owed(database, household) == 2_000


async def test_an_item_found_and_lost_again_is_charged_again(database: Database, household: Household):
    lost = household.lost(loan_number())
    await lose(database, household, lost)
    await find(database, household, lost.loan)
    await lose(database, household, lost)
    assert await owed(database, household) == 35_000


async def test_every_movement_is_an_event_that_names_nobody(database: Database, household: Household):
    loan = loan_number()
    (raised,) = await charge(database, household, household.late(loan))
    await release(database, household, loan)
    assert raised is not None
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        told = await tx.rows(
            "SELECT kind, loan_id, account_id, subject_id, dimensions::text AS dimensions FROM event"
            " WHERE agency_id = $1 ORDER BY id",
            tx.agency,
        )
    assert [event["kind"] for event in told] == ["fee_charged", "fee_reversed"]
    assert {(event["account_id"], event["subject_id"]) for event in told} == {(raised.account, raised.charge)}
    assert told[0]["loan_id"] == loan
    assert '"amount_ore": 2000' in told[0]["dimensions"]
    assert not any(str(household.patron) in event["dimensions"] for event in told)


async def test_a_patron_who_acts_is_not_named_either(database: Database, household: Household):
    async with database.transaction(household.town.agency, Actor(ActorKind.PATRON, household.patron)) as tx:
        await lock(tx, household)
        await charge_overdue(tx, household.late(loan_number()))
        told = await tx.value("SELECT actor FROM event WHERE agency_id = $1", tx.agency)
    assert told == "patron"


async def test_a_late_return_takes_two_statements(database: Database, household: Household):
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        connection = _Counting(tx._connection)
        counted = Transaction(connection, tx.agency, tx.actor, tx.now)
        await charge_overdue(counted, household.late(loan_number()))
    assert connection.statements == 2


class _Counting:
    """A connection that counts what is sent over it."""

    def __init__(self, connection):
        self._connection = connection
        self.statements = 0

    def __getattr__(self, name):
        self.statements += 1
        return getattr(self._connection, name)


async def leave_uncollected(database: Database, household: Household, hold: HoldId, amount: int) -> ChargeRaised | None:
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        await lock(tx, household)
        uncollected = Uncollected(
            parties=household.parties(),
            division=household.town.library,
            branch=household.town.main,
            hold=hold,
            amount_ore=Ore(amount),
            rule=None,
        )
        return await charge_uncollected(tx, uncollected)


async def test_a_hold_left_on_the_shelf_costs_once(database: Database, household: Household):
    hold = HoldId(loan_number())
    await asyncio.gather(*(leave_uncollected(database, household, hold, 1_000) for _ in range(4)))
    assert await owed(database, household) == 1_000
    await pay_in_full(database, household)
    again = await leave_uncollected(database, household, hold, 1_000)
    assert again is not None
    assert again.amount_ore == 0
    assert await owed(database, household) == 0


async def test_a_hold_left_on_the_shelf_costs_nothing_where_nothing_is_charged(
    database: Database, household: Household
):
    assert await leave_uncollected(database, household, HoldId(loan_number()), 0) is None
    assert await balances(database, household) == {}
