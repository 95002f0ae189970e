"""What a night does with loans: renews, gives up, closes; only where a rule asks for it."""

from datetime import timedelta

from circulation.lending_library import LendingLibrary, Reader
from faelles.circulation.loans.model import Outcome, Remark
from faelles.circulation.loans.nightly import close_paid, give_up_overdue, renew_due
from faelles.circulation.looking.operations import loans_of_patron
from faelles.ground.jobs import Counts, SliceWork
from faelles.policies.knobs import LOST_AFTER_DAYS_OVERDUE, MAX_RENEWALS, REFUND_LOST_WITHIN_DAYS, RENEW_BY_ITSELF


async def night(library: LendingLibrary, work: SliceWork) -> Counts:
    """One slice, which is a whole night here."""
    return (await library.run(lambda tx: work(tx, library.clock.now.date(), None))).counts


async def out(library: LendingLibrary, reader: Reader) -> list[str]:
    loans = await library.run(lambda tx: loans_of_patron(tx, library.librarian, reader.id))
    return [loan.item_number for loan in loans]


async def test_what_is_due_tomorrow_is_renewed_by_itself_where_a_rule_says_so(library: LendingLibrary):
    due_on = (await library.lend(await library.reader(), await library.copy())).due_on
    assert due_on
    library.clock.turn_to(due_on - timedelta(days=1), hour=1)
    assert await night(library, renew_due) == {}
    await library.set_rule(RENEW_BY_ITSELF, value=True)
    assert await night(library, renew_due) == {"loans_renewed": 1}
    assert await night(library, renew_due) == {}
    assert "loan.renewed" in await library.events()


async def test_what_may_not_be_renewed_is_not_renewed_by_itself_either(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    lent = await library.lend(reader, book)
    await library.set_rule(RENEW_BY_ITSELF, value=True)
    await library.set_rule(MAX_RENEWALS, 0)
    library.clock.turn_to(lent.due_on, hour=1)
    assert await night(library, renew_due) == {"loans_renewed": 0}
    assert "renewal" in await library.looks_at(reader)


async def test_what_is_overdue_for_too_long_is_lost_and_charged_once(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy(price_ore=19_900)
    due_on = (await library.lend(reader, book)).due_on
    assert due_on
    library.clock.turn_to(due_on + timedelta(days=60), hour=1)
    assert await night(library, give_up_overdue) == {}
    await library.set_rule(LOST_AFTER_DAYS_OVERDUE, 61)
    assert await night(library, give_up_overdue) == {}
    library.clock.pass_days(1)
    assert await night(library, give_up_overdue) == {"copies_lost": 1}
    assert await night(library, give_up_overdue) == {}
    assert (await library.state_of(book), await library.owed(reader)) == ("lost", 19_900)


async def test_nobody_is_given_up_who_says_it_was_returned(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    await library.claim_returned(book)
    await library.set_rule(LOST_AFTER_DAYS_OVERDUE, 1)
    library.clock.pass_days(90)
    assert await night(library, give_up_overdue) == {}


async def test_a_lost_copy_that_is_paid_for_is_no_loan_any_more(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.set_rule(REFUND_LOST_WITHIN_DAYS, 30)
    await library.lend(reader, book)
    await library.lose(book)
    library.clock.pass_days(20)
    owed = await library.owed(reader)
    library.clock.pass_days(20)
    assert await night(library, close_paid) == {}
    await library.pay(reader, owed)
    assert await night(library, close_paid) == {"loans_closed": 1}
    assert (await out(library, reader), await library.state_of(book)) == ([], "lost")
    back = await library.take_back(book)
    assert (back.outcome, await library.owed(reader)) == (Outcome.NOT_ON_LOAN, 0)
    assert Remark.ITEM_FOUND in back.warnings


async def test_while_finding_it_would_give_the_money_back_the_loan_stays(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.set_rule(REFUND_LOST_WITHIN_DAYS, 30)
    await library.lend(reader, book)
    await library.lose(book)
    await library.pay(reader, await library.owed(reader))
    library.clock.pass_days(10)
    assert await night(library, close_paid) == {"loans_closed": 0}
    assert await out(library, reader) == [book]
