"""Another municipality's book waits for a driver where it was scanned last."""

from circulation.lending_library import LendingLibrary
from faelles.circulation.transit.model import BookHandedOver, HandedOver, HandOver
from faelles.circulation.transit.operations import hand_over, list_foreign
from faelles.ground.ids import BranchId


async def give(library: LendingLibrary, branch: BranchId, *books: int) -> list[BookHandedOver]:
    request = HandOver(branch=branch, books=books)
    return await library.run(lambda tx: hand_over(tx, library.librarian, request))


async def test_each_book_that_a_driver_is_given_is_answered_by_itself(library: LendingLibrary, lender: LendingLibrary):
    town, number = library.town, await lender.copy()
    await library.take_back(number)
    (found,) = await library.run(lambda tx: list_foreign(tx, library.librarian))
    await library.take_back(number, branch=town.suburb)
    book, unknown = found.id, found.id + 10_000_000
    assert await give(library, town.main, book, unknown) == [
        BookHandedOver(book=book, outcome=HandedOver.FOUND_ELSEWHERE, branch=town.suburb),
        BookHandedOver(book=unknown, outcome=HandedOver.NOT_FOUND),
    ]
    for outcome in (HandedOver.HANDED_OVER, HandedOver.BEFORE):
        (answer,) = await give(library, town.suburb, book)
        assert (answer.outcome, answer.branch) == (outcome, town.suburb)
