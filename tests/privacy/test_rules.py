"""Limits are whole days and years where the agency is."""

from datetime import UTC, date, datetime

import pytest

from faelles.privacy.erasing.rules import book_keeping_ends
from faelles.privacy.model import Unit
from faelles.privacy.rules import kept_since

COPENHAGEN = "Europe/Copenhagen"


@pytest.mark.parametrize(
    ("day", "number", "unit", "since"),
    [
        (date(2027, 3, 1), 30, Unit.DAYS, datetime(2027, 1, 29, 23, tzinfo=UTC)),
        (date(2027, 4, 1), 30, Unit.DAYS, datetime(2027, 3, 1, 23, tzinfo=UTC)),
        (date(2027, 7, 1), 30, Unit.DAYS, datetime(2027, 5, 31, 22, tzinfo=UTC)),
        (date(2028, 2, 29), 3, Unit.YEARS, datetime(2025, 2, 27, 23, tzinfo=UTC)),
        (date(2027, 3, 1), 0, Unit.DAYS, datetime(2027, 2, 28, 23, tzinfo=UTC)),
    ],
)
def test_what_began_before_this_moment_is_over(day, number, unit, since):
    assert kept_since(day, number, unit, COPENHAGEN) == since


def test_the_same_day_begins_at_another_moment_elsewhere():
    assert kept_since(date(2027, 3, 1), 1, Unit.DAYS, "America/Nuuk") > kept_since(
        date(2027, 3, 1), 1, Unit.DAYS, COPENHAGEN
    )


def test_book_keeping_years_are_whole_years_after_the_last_one():
    ended = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert book_keeping_ends(ended, 3, COPENHAGEN) == datetime(2029, 12, 31, 23, tzinfo=UTC)
