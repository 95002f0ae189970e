"""How long a year and how large a municipality, and what came of it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

Differences = list[str]
"""What the product says and the reference does not, in plain English; empty in a good year."""


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """`loans`: about so many check-outs in all. `days`: how long the year is."""

    people: int
    loans: int
    first_day: date = date(2027, 1, 4)
    days: int = 365
    seed: int = 1
    """Another seed is another year."""

    @property
    def first_moment(self) -> datetime:
        return datetime.combine(self.first_day, time(), UTC) - timedelta(hours=12)

    @property
    def loans_a_day(self) -> float:
        return self.loans / self.days * 7 / 6


SMALL: Final = Size(people=24, loans=150, first_day=date(2027, 3, 1), days=75)
"""From before the clocks change until after an amnesty."""
FULL: Final = Size(people=10_000, loans=200_000)


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """What stood in both sides' books on an evening, in øre."""

    day: date
    claimed_ore: int
    outstanding_ore: int


class YearReport(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts in øre."""

    size: Size
    seconds: float
    done: dict[str, int]
    """How often each thing was done at the desk, and in the life of people."""
    claimed_ore: int
    paid_ore: int
    outstanding_ore: int
    notices: int
    told: dict[str, int]
    """How often each kind of notice was sent."""
    told_by_month: dict[str, int]
    """As 2027-03."""
    books: list[Books]
    """Every thirty days, and at the end."""
    lives: int
    """How often the night, the planner or the sender was killed and begun again."""
    differences: Differences
