from datetime import date

from faelles.circulation.loans.blocks import BlockCode
from faelles.circulation.loans.model import Outcome
from faelles.people.model import Permission
from circulation.lending_library import LendingLibrary


async def test_a_book_is_lent_for_four_weeks_and_over_easter_monday(library: LendingLibrary):
    reader, book = await library.reader(), await library.copy()
    answer = await library.lend(reader, book)
    assert (answer.outcome, answer.due_on) == (Outcome.LENT, date(2027, 3, 30))
    assert await library.state_of(book) == "on_loan"
    assert "loan.opened" in await library.events()
