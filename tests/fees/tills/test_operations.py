"""A day at a till: what is in it is what was put into it."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import ManualCharge, ManualKind, Means, Pay, Reverse
from faelles.fees.operations import verify
from faelles.fees.tills import operations as tills
from faelles.fees.tills import rules
from faelles.fees.tills.model import (
    CashMove,
    CloseTill,
    Counted,
    MoveCash,
    Moved,
    MovementKind,
    NewTill,
    OpenTill,
    Report,
)
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, RefusedError
from faelles.ground.money import Ore
from faelles.people.model import Permission, system_caller
from fees.accounts import Household, loan_number, staff
from town import Town


async def run(database: Database, town: Town, work, *arguments, **named):
    caller = system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await work(tx, caller, *arguments, **named)


@pytest.fixture
async def till(database: Database, household: Household) -> int:
    """An open till with 500 kroner of change, and somebody who owes 1,000 kroner."""
    town = household.town
    made = await run(database, town, tills.create_till, NewTill(branch=town.main, name="Skranken"))
    await run(database, town, tills.open_till, made.id, OpenTill(float_ore=50_000))
    owes = ManualCharge(branch=town.main, kind=ManualKind.MANUAL, amount_ore=100_000, reason="Kaffe")
    await run(database, town, desk.charge_manually, household.patron, owes)
    return made.id


def payment(household: Household, till: int | None, amount: int, means: Means = Means.CASH, reference: str = "") -> Pay:
    return Pay(
        branch=household.town.main,
        amount_ore=amount,
        means=means,
        reference=reference or f"k/{loan_number()}",
        till=till,
    )


async def take(database: Database, household: Household, pay: Pay):
    return await run(database, household.town, desk.pay, household.patron, pay)


async def close(database: Database, household: Household, till: int, cash: int, **others: int) -> Report:
    amounts = {"cash": cash, **others}
    counted = tuple(Counted(means=Means(means), amount_ore=amount) for means, amount in amounts.items())
    return await run(database, household.town, tills.close_till, till, CloseTill(counted=counted))


async def test_a_day_is_counted_by_means_and_says_what_is_missing(database: Database, household: Household, till: int):
    await take(database, household, payment(household, till, 20_000))
    await take(database, household, payment(household, till, 5_000))
    await take(database, household, payment(household, till, 7_500, Means.CARD))
    away = MoveCash(kind=CashMove.WITHDRAWAL, amount_ore=40_000, reason="Til banken")
    await run(database, household.town, tills.move_cash, till, away)
    report = await close(database, household, till, 34_000, card=7_500)
    cash, card = report.lines
    assert (cash.payments, cash.taken_ore, cash.moved_ore, cash.expected_ore) == (2, 25_000, -40_000, 35_000)
    assert (cash.counted_ore, cash.difference_ore) == (34_000, -1_000)
    assert (card.means, card.expected_ore, card.difference_ore) == (Means.CARD, 7_500, 0)
    assert report.session.closed_by == "system:0"
    assert await run(database, household.town, tills.report, report.session.id) == report


async def test_no_more_goes_to_the_bank_than_lies_in_the_till(database: Database, household: Household, till: int):
    await take(database, household, payment(household, till, 20_000))
    await take(database, household, payment(household, till, 5_000, Means.CARD))

    async def away(amount: int):
        request = MoveCash(kind=CashMove.WITHDRAWAL, amount_ore=amount, reason="Til banken")
        return await run(database, household.town, tills.move_cash, till, request)

    with pytest.raises(RefusedError, match="till_cash_short"):
        await away(70_001)
    at_once = await asyncio.gather(*(away(40_000) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(each, RefusedError) for each in at_once) == 2
    await away(30_000)
    assert (await close(database, household, till, 0)).lines[0].expected_ore == 0


async def test_money_handed_back_leaves_the_till(database: Database, household: Household, till: int):
    await take(database, household, payment(household, till, 20_000))
    entries = await run(database, household.town, desk.statement, household.patron, before=None, limit=1)
    back = Reverse(branch=household.town.main, reason="Fejl", till=till)
    await run(database, household.town, desk.reverse, entries[0].entry, household.patron, back)
    report = await close(database, household, till, 50_000)
    assert [(line.paid_back_ore, line.difference_ore) for line in report.lines] == [(-20_000, 0)]
    async with database.transaction(household.town.agency, SYSTEM) as tx:
        assert await verify(tx) == []


async def test_a_payment_sent_twice_lies_in_the_till_once(database: Database, household: Household, till: int):
    pay = payment(household, till, 20_000, reference="bon/17")
    first, second = await take(database, household, pay), await take(database, household, pay)
    assert first == second
    assert (await close(database, household, till, 70_000)).lines[0].difference_ore == 0


async def test_a_closed_till_takes_nothing_and_the_payment_is_not_made(
    database: Database, household: Household, till: int
):
    await close(database, household, till, 50_000)
    with pytest.raises(ConflictError, match="till_not_open"):
        await take(database, household, payment(household, till, 20_000))
    balances = await run(database, household.town, desk.balances, household.patron)
    assert [balance.balance_ore for balance in balances] == [100_000]


async def test_closing_waits_for_those_who_are_paying(database: Database, household: Household, till: int):
    async def pay_or_be_late() -> int:
        try:
            await take(database, household, payment(household, till, 1_000))
        except ConflictError:
            return 0
        return 1_000

    paying = [asyncio.create_task(pay_or_be_late()) for _ in range(6)]
    report = await close(database, household, till, 50_000)
    paid = await asyncio.gather(*paying)
    assert report.lines[0].expected_ore == 50_000 + sum(paid)


async def test_a_till_is_opened_once_at_a_time(database: Database, household: Household, till: int):
    with pytest.raises(ConflictError, match="till_open_already"):
        await run(database, household.town, tills.open_till, till, OpenTill())
    with pytest.raises(ConflictError, match="till_open_already"):
        await run(database, household.town, tills.remove_till, till)
    await close(database, household, till, 50_000)
    with pytest.raises(ConflictError, match="till_not_open"):
        await close(database, household, till, 50_000)
    again = await run(database, household.town, tills.open_till, till, OpenTill(float_ore=50_000))
    sessions = await run(database, household.town, tills.list_sessions, till, before=None, limit=10)
    assert [session.closed_at is None for session in sessions] == [True, False]
    assert sessions[0] == again


async def test_the_cash_must_be_counted_and_nothing_twice(database: Database, household: Household, till: int):
    cash, card = Counted(means=Means.CASH, amount_ore=1), Counted(means=Means.CARD, amount_ore=1)
    for counted in ((card,), (cash, cash), (cash, Counted(means=Means.ONLINE, amount_ore=1))):
        with pytest.raises(InvalidRequestError):
            await run(database, household.town, tills.close_till, till, CloseTill(counted=counted))


@pytest.mark.parametrize("means", [Means.ONLINE, Means.COLLECTED])
async def test_what_passes_through_nobodys_hands_lies_in_no_till(
    database: Database, household: Household, till: int, means
):
    with pytest.raises(InvalidRequestError):
        await take(database, household, payment(household, till, 1_000, means))


async def test_a_till_serves_its_own_branch_and_those_who_may_work_there(
    database: Database, household: Household, till: int
):
    town = household.town
    elsewhere = Pay(branch=town.suburb, amount_ore=100, means=Means.CASH, reference="k/1", till=till)
    with pytest.raises(NotFoundError, match="till_unknown"):
        await take(database, household, elsewhere)
    async with database.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(ForbiddenError):
            await tills.close_till(
                tx,
                staff(town, Permission.TILL_OPERATE, division=town.schools),
                till,
                CloseTill(counted=(Counted(means=Means.CASH, amount_ore=0),)),
            )


movements = st.lists(
    st.builds(
        Moved,
        kind=st.sampled_from(MovementKind),
        means=st.sampled_from(sorted(tills.AT_A_TILL)),
        amount_ore=st.integers(-90_000, 90_000).map(Ore),
        number=st.integers(1, 5),
    )
)


@given(st.integers(0, 90_000).map(Ore), movements)
def test_what_is_expected_is_the_float_and_all_that_moved(start, moved):
    lines = rules.report_lines(start, moved, {})
    assert sum(line.expected_ore for line in lines) == start + sum(each.amount_ore for each in moved)
    assert all(
        line.expected_ore
        == line.taken_ore + line.paid_back_ore + line.moved_ore + (start if line.means is Means.CASH else 0)
        for line in lines
    )


async def test_a_till_that_is_opened_and_removed_at_once_is_one_of_the_two(database: Database, household: Household):
    town = household.town
    for name in ("Kælder", "Kvist", "Køkken"):
        made = await run(database, town, tills.create_till, NewTill(branch=town.main, name=name))
        both: list[object] = await asyncio.gather(
            run(database, town, tills.open_till, made.id, OpenTill(float_ore=0)),
            run(database, town, tills.remove_till, made.id),
            return_exceptions=True,
        )
        opened, removed = both
        assert isinstance(opened, NotFoundError) != isinstance(removed, ConflictError)
