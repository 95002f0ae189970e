"""Lost, claimed returned, found."""

from datetime import date

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome, Remark
from faelles.circulation.worklist.operations import list_work
from faelles.ground.errors import ConflictError, NotFoundError


async def test_a_lost_book_is_charged_at_its_price(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy(price_ore=19_900)
    await library.lend(reader, book)
    answer = await library.lose(book)
    assert (answer.state, answer.charged_ore) == ("lost", 19_900)
    assert await library.owed(reader) == 19_900


async def test_saying_it_again_charges_nothing(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    await library.lose(book)
    assert (await library.lose(book)).charged_ore == 0
    assert await library.owed(reader) == 19_900


async def test_a_book_without_a_price_costs_the_default(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy(price_ore=None)
    await library.lend(reader, book)
    assert (await library.lose(book)).charged_ore == 30_000


async def test_a_book_that_is_not_on_loan_is_missing(library: LendingLibrary):
    book = await library.copy()
    answer = await library.lose(book)
    assert (answer.state, answer.charged_ore) == ("missing", 0)


async def test_a_lost_book_that_comes_back_is_no_longer_charged_but_late(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 5, 3))
    await library.lose(book)
    library.clock.turn_to(date(2027, 5, 10))
    answer = await library.take_back(book)
    assert Remark.ITEM_FOUND in answer.warnings
    assert (answer.charged_ore, await library.owed(reader)) == (23_000, 23_000)


async def test_a_missing_book_that_is_lent_is_found(library: LendingLibrary):
    book = await library.copy()
    await library.lose(book)
    answer = await library.lend(await library.reader(), book)
    assert (answer.outcome, answer.warnings) == (Outcome.LENT, (Remark.ITEM_FOUND,))


async def test_a_claim_stops_the_clock_and_starts_a_search(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    await library.claim_returned(book)
    (entry,) = await library.run(lambda tx: list_work(tx, library.librarian))
    assert entry.kind == "search_shelves"
    library.clock.turn_to(date(2027, 6, 1))
    assert (await library.take_back(book)).charged_ore == 0
    assert await library.run(lambda tx: list_work(tx, library.librarian)) == []


async def test_a_claimed_book_is_not_renewed(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    loan = (await library.lend(reader, book)).loan
    await library.claim_returned(book)
    library.clock.pass_days(5)
    (answer,) = await library.renew(loan)
    assert [each.code for each in answer.blocks] == [BlockCode.CLAIMED_RETURNED]


async def test_only_a_loan_can_be_claimed_returned(library: LendingLibrary):
    with pytest.raises(ConflictError, match="item_not_on_loan"):
        await library.claim_returned(await library.copy())


async def test_found_on_our_own_shelf_costs_nothing(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    await library.lend(reader, book)
    library.clock.turn_to(date(2027, 6, 1))
    answer = await library.take_back(book, found=True)
    assert (answer.outcome, answer.charged_ore) == (Outcome.RETURNED, 0)


async def test_an_unknown_copy_cannot_be_lost(library: LendingLibrary):
    with pytest.raises(NotFoundError):
        await library.lose("0000000000")
