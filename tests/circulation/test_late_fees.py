"""What being late costs on closed days, in an amnesty, and by the tariff of another day; what a debt leads to."""

from datetime import date, timedelta

from circulation.lending_library import LendingLibrary, Reader
from faelles.agencies.opening.model import SetCalendarDays
from faelles.agencies.opening.operations import set_calendar_days
from faelles.circulation.desk.blocks import BlockCode
from faelles.fees.desk.model import ManualCharge, ManualKind, Means, Pay
from faelles.fees.desk.operations import charge_manually
from faelles.fees.desk.operations import pay as pay_at_desk
from faelles.fees.exclusion.operations import notices, told, write_notices
from faelles.ground.ids import BranchId
from faelles.policies.knobs import (
    DEBT_LIMIT_ORE,
    FEE_OVERDUE_ADULT_1_7,
    LOST_WAIVES_OVERDUE,
    OVERDUE_DAYS_COUNTED,
    OVERDUE_FEE_PERCENT,
    OverdueDays,
)

DUE = date(2027, 3, 30)
"""Of a book that is lent today: the day after the Easter holiday."""


async def lent(library: LendingLibrary) -> tuple[Reader, str]:
    reader, book = await library.reader(), await library.copy()
    assert (await library.lend(reader, book)).due_on == DUE
    return reader, book


async def close(library: LendingLibrary, first: date, last: date) -> None:
    closing = SetCalendarDays(
        branches=(library.town.main,), first_day=first, last_day=last, is_open=False, reason="Vandskade"
    )
    await library.run(lambda tx: set_calendar_days(tx, library.librarian, closing))


async def test_a_due_date_that_closed_after_the_loan_was_made_moves_on(library: LendingLibrary):
    reader, book = await lent(library)
    await close(library, DUE, DUE + timedelta(days=2))
    library.clock.turn_to(DUE + timedelta(days=3))
    answer = await library.take_back(book)
    assert (answer.days_overdue, answer.charged_ore) == (0, 0)
    assert await library.owed(reader) == 0


async def test_closed_days_after_the_due_date_count_unless_the_rule_counts_open_days(library: LendingLibrary):
    reader, book = await lent(library)
    other = await library.copy()
    await library.lend(reader, other)
    await close(library, DUE + timedelta(days=1), DUE + timedelta(days=8))
    library.clock.turn_to(DUE + timedelta(days=9))
    by_calendar = await library.take_back(book, dry_run=True)
    await library.set_rule(OVERDUE_DAYS_COUNTED, OverdueDays.OPEN.value)
    by_open_days = await library.take_back(other)
    assert (by_calendar.days_overdue, by_calendar.charged_ore) == (9, 12_000)
    assert (by_open_days.days_overdue, by_open_days.charged_ore) == (1, 2_000)


async def test_in_an_amnesty_nothing_is_charged_and_after_it_the_tariff_again(library: LendingLibrary):
    readers = [await lent(library) for _ in range(3)]
    library.clock.turn_to(DUE + timedelta(days=2))
    await library.set_rule(OVERDUE_FEE_PERCENT, 0)
    (forgiven, early), (halved, middle), (charged, late) = readers
    await library.take_back(early)
    library.clock.pass_days(1)
    await library.set_rule(OVERDUE_FEE_PERCENT, 50)
    await library.take_back(middle)
    library.clock.pass_days(1)
    await library.set_rule(OVERDUE_FEE_PERCENT, 100)
    await library.take_back(late)
    assert [await library.owed(reader) for reader in (forgiven, halved, charged)] == [0, 1_000, 2_000]


async def test_a_back_dated_return_costs_what_it_cost_on_that_day(library: LendingLibrary):
    _, book = await lent(library)
    library.clock.turn_to(DUE + timedelta(days=2))
    handed_in = library.clock.now
    library.clock.pass_days(3)
    await library.set_rule(FEE_OVERDUE_ADULT_1_7, 500)
    library.clock.pass_days(1)
    answer = await library.take_back(book, returned_at=handed_in)
    assert (answer.days_overdue, answer.charged_ore) == (2, 2_000)


async def test_what_was_claimed_returned_in_time_costs_nothing_when_it_turns_up(library: LendingLibrary):
    reader, book = await lent(library)
    library.clock.turn_to(DUE)
    await library.claim_returned(book)
    library.clock.pass_days(60)
    assert (await library.take_back(book)).charged_ore == 0
    assert await library.owed(reader) == 0


async def test_a_lost_book_that_comes_back_in_time_leaves_only_the_overdue_fee(library: LendingLibrary):
    reader, book = await lent(library)
    library.clock.turn_to(DUE + timedelta(days=40))
    assert (await library.lose(book)).charged_ore == 19_900
    library.clock.pass_days(10)
    await library.take_back(book)
    assert await library.owed(reader) == 23_000


async def test_or_nothing_where_the_claim_for_another_copy_stood_for_it(library: LendingLibrary):
    await library.set_rule(LOST_WAIVES_OVERDUE, value=True)
    reader, book = await lent(library)
    library.clock.turn_to(DUE + timedelta(days=40))
    await library.lose(book)
    await library.take_back(book)
    assert await library.owed(reader) == 0


async def test_after_the_days_of_notice_a_debtor_is_excluded_until_everything_is_paid(library: LendingLibrary):
    town, reader = library.town, await library.reader()
    await library.set_rule(DEBT_LIMIT_ORE, None)

    async def owe(branch: BranchId) -> None:
        charge = ManualCharge(branch=branch, kind=ManualKind.MANUAL, amount_ore=25_000, reason="Kaffe")
        await library.run(lambda tx: charge_manually(tx, library.librarian, reader.id, charge))

    async def pay(amount: int) -> None:
        cash = Pay(branch=town.main, amount_ore=amount, means=Means.CASH, reference=f"kasse/{amount}")
        await library.run(lambda tx: pay_at_desk(tx, library.librarian, reader.id, cash))

    async def refused() -> set[str]:
        answer = await library.lend(reader, await library.copy(), dry_run=True)
        return {each.code for each in answer.blocks}

    await owe(town.main)
    assert (await library.run(lambda tx: write_notices(tx, library.librarian))).written == 1
    assert await refused() == set()
    [letter] = await library.run(lambda tx: notices(tx, library.librarian, reader.id))
    await library.run(lambda tx: told(tx, [letter.notice]))
    library.clock.pass_days(7)
    assert await refused() == set()
    library.clock.pass_days(1)
    assert await refused() == {BlockCode.EXCLUDED}
    await pay(24_999)
    assert await refused() == {BlockCode.EXCLUDED}
    await pay(1)
    assert await refused() == set()


async def test_an_exclusion_from_the_library_is_none_from_the_school(library: LendingLibrary):
    town, pupil = library.town, await library.reader("pupil", division=library.town.schools)
    charge = ManualCharge(branch=town.main, kind=ManualKind.MANUAL, amount_ore=25_000, reason="Kaffe")
    await library.run(lambda tx: charge_manually(tx, library.librarian, pupil.id, charge))
    await library.run(lambda tx: write_notices(tx, library.librarian))
    [letter] = await library.run(lambda tx: notices(tx, library.librarian, pupil.id))
    await library.run(lambda tx: told(tx, [letter.notice]))
    library.clock.pass_days(30)
    book = await library.copy(branch=town.school, shelf=town.school_shelf)
    assert (await library.lend(pupil, book, branch=town.school)).blocks == ()
