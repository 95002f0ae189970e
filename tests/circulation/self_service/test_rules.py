"""What counts against a patron at a machine."""

from datetime import date

import pytest

from faelles.circulation.self_service.model import LoanSeen
from faelles.ground.ids import ItemNumber

TODAY = date(2027, 3, 8)
YESTERDAY = date(2027, 3, 7)
BOOK = ItemNumber("0000000001")


@pytest.mark.parametrize(
    ("loan", "counts"),
    [
        (LoanSeen(BOOK, YESTERDAY, is_claimed_returned=False, is_lost=False, is_answered_for=True), True),
        (LoanSeen(BOOK, TODAY, is_claimed_returned=False, is_lost=False, is_answered_for=True), False),
        (LoanSeen(BOOK, YESTERDAY, is_claimed_returned=True, is_lost=False, is_answered_for=True), False),
        (LoanSeen(BOOK, YESTERDAY, is_claimed_returned=False, is_lost=True, is_answered_for=True), False),
        (LoanSeen(BOOK, YESTERDAY, is_claimed_returned=False, is_lost=False, is_answered_for=False), False),
    ],
    ids=["late", "due today", "said to be returned", "lost", "another's, who answers for it"],
)
def test_a_loan_that_is_late_counts_against_whoever_answers_for_it(loan: LoanSeen, counts: bool):  # noqa: FBT001 - a table's column
    assert loan.counts_as_overdue(TODAY) is counts
