"""How large a week, and what came of it."""

from datetime import date
from typing import Final

import msgspec

ZONE: Final = "Europe/Copenhagen"
FIRST_DAY: Final = date(2027, 3, 1)
"""An ordinary Monday."""
BRANCHES: Final = 8


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """`holds` are placed over `days`. Of `copies` every second is out when the week begins."""

    people: int
    titles: int
    copies: int
    holds: int
    days: int = 7
    seed: int = 1
    """Another seed is another week."""


SMALL: Final = Size(people=60, titles=30, copies=80, holds=200)
FULL: Final = Size(people=6_000, titles=2_500, copies=12_000, holds=20_000)


class Sample(msgspec.Struct, frozen=True):
    """Copies on their way and holds ready for collection, at a moment of the municipality's own clock."""

    day: int
    """From 0."""
    hour: int
    in_transit: int
    ready: int


class Fate(msgspec.Struct, frozen=True):
    """So many holds ended, or stand, for this reason."""

    state: str
    why: str
    holds: int


class WeekReport(msgspec.Struct, frozen=True, kw_only=True):
    """`waited`: of the holds that became ready, how many after so many whole days. `unexplained` is to be empty: holds
    that wait though nothing keeps them. `broken`: what can never be, in plain English.
    """

    size: Size
    seconds: float
    placed: int
    refused: int
    fates: list[Fate]
    waited: list[int]
    samples: list[Sample]
    done: dict[str, int]
    """How often each thing was done."""
    unexplained: list[int]
    broken: list[str]
