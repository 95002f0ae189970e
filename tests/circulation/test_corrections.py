"""Undoing a check-out or a return."""

from datetime import date

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import LoanId
from faelles.policies.knobs import MAX_LOANS


async def test_an_undone_check_out_was_never_made(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    assert (await library.undo_checkout(loan)).outcome is Outcome.DONE
    assert await library.state_of(book) == "available"
    assert "loan.undone" in await library.events()


async def test_a_renewed_loan_cannot_be_undone(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    library.clock.pass_days(5)
    await library.renew(loan)
    with pytest.raises(ConflictError, match="loan_has_moved_on"):
        await library.undo_checkout(loan)


async def test_an_undone_check_out_gives_the_first_answer_again(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    first = await library.undo_checkout(loan, key="u1")
    assert await library.undo_checkout(loan, key="u1") == first


async def test_an_undone_return_is_on_loan_again_without_its_fee(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    library.clock.turn_to(date(2027, 4, 6))
    await library.take_back(book)
    answer = await library.undo_return(loan)
    assert (answer.released_ore, await library.owed(reader)) == (2_000, 0)
    assert await library.state_of(book) == "on_loan"


async def test_undoing_a_return_keeps_what_a_late_renewal_cost(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    library.clock.turn_to(date(2027, 4, 6))
    await library.renew(loan)
    library.clock.turn_to(date(2027, 5, 10))
    await library.take_back(book)
    await library.undo_return(loan)
    assert await library.owed(reader) == 2_000


async def test_a_book_lent_again_stays_with_its_new_borrower(library: LendingLibrary):
    book = await library.copy()
    loan = (await library.lend(await library.reader(), book)).loan
    await library.take_back(book)
    await library.lend(await library.reader(), book)
    with pytest.raises(ConflictError, match="item_lent_again"):
        await library.undo_return(loan)


async def test_a_return_stands_where_the_book_has_been_lent_and_returned_since(library: LendingLibrary):
    book = await library.copy()
    loan = (await library.lend(await library.reader(), book)).loan
    await library.take_back(book)
    between = (await library.lend(await library.reader(), book)).loan
    await library.take_back(book)
    with pytest.raises(ConflictError, match="item_lent_again"):
        await library.undo_return(loan)
    await library.undo_return(between)
    await library.undo_checkout(between)
    await library.undo_return(loan)
    assert await library.state_of(book) == "on_loan"


async def test_a_return_that_was_none_may_be_one_loan_too_many_and_is_on_record(library: LendingLibrary):
    await library.set_rule(MAX_LOANS, 1)
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    await library.take_back(book)
    await library.lend(reader, await library.copy())
    told = await library.undo_return(loan, dry_run=True)
    assert await library.overrides_of(loan) == []
    answer = await library.undo_return(loan, key="u2")
    assert [(each.code, each.parameters["limit"]) for each in answer.overridden] == [(BlockCode.TOO_MANY_LOANS, 1)]
    assert told.overridden == answer.overridden
    assert await library.undo_return(loan, key="u2") == answer
    assert await library.overrides_of(loan) == [("too_many_loans", "return_undone")]


async def test_a_return_undone_within_the_limits_overrides_nothing(library: LendingLibrary):
    await library.set_rule(MAX_LOANS, 1)
    book = await library.copy()
    loan = (await library.lend(await library.reader(), book)).loan
    await library.take_back(book)
    assert (await library.undo_return(loan)).overridden == ()
    assert await library.overrides_of(loan) == []


async def test_an_open_loan_has_no_return_to_undo(library: LendingLibrary):
    loan = (await library.lend(await library.reader(), await library.copy())).loan
    with pytest.raises(ConflictError, match="loan_is_open"):
        await library.undo_return(loan)


async def test_an_unknown_loan_is_not_found(library: LendingLibrary):
    with pytest.raises(NotFoundError):
        await library.undo_checkout(LoanId(9_999_999_999))
