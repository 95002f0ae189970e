"""Who has how much, and the counter from which everything follows: which patron, which copy, at which branch."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from faelles.agencies.seeds import AgencySeed
from faelles.bench.model import COPIES_A_PATRON

PIN: Final = "4711"
STRIDE: Final = 7919
"""A prime: counting on goes all over the country, and round every patron before anybody comes twice."""
FREE_COPIES: Final = 2
"""Of a patron's five copies those that nobody has out at the start."""
LENT_COPIES: Final = COPIES_A_PATRON - FREE_COPIES
FIRST_LOAN: Final = 10_000_000
BLOCK: Final = 20
"""Agencies' patrons come in whole blocks, within which the loans are spread."""


def shares(seeds: Sequence[AgencySeed], patrons: int) -> list[int]:
    """How many patrons each agency has: by inhabitants, in whole blocks, at least one block, `patrons` in all."""
    inhabitants = sum(seed.inhabitants for seed in seeds)
    blocks = [max(1, round(patrons / BLOCK * seed.inhabitants / inhabitants)) for seed in seeds]
    largest = max(range(len(blocks)), key=blocks.__getitem__)
    blocks[largest] += patrons // BLOCK - sum(blocks)
    return [each * BLOCK for each in blocks]


@dataclass(frozen=True, slots=True)
class Errand:
    """One patron and one copy at the copy's own branch. `loan` is whatever the copy is lent by."""

    number: int
    agency: int
    card: str
    item: str
    branch: int
    loan: int | None = None


@dataclass(frozen=True)
class Country:
    """`first_patrons` are ascending, one an agency, as are `agencies`; `branches` are those books stand in."""

    patrons: int
    agencies: Sequence[int]
    first_patrons: Sequence[int]
    branches: Mapping[int, Sequence[int]]

    def agency_of(self, patron: int) -> int:
        return self.agencies[bisect_right(self.first_patrons, patron) - 1]

    def free(self, number: int) -> Errand:
        """The number-th pair of a patron and a copy that is at home."""
        return self._errand(number, 1 + number // self.patrons)

    def lent(self, number: int) -> Errand:
        """The number-th copy that is lent, with its loan; who has it is somebody of the same block."""
        place = number // self.patrons % LENT_COPIES
        errand = self._errand(number, FREE_COPIES + 1 + place)
        patron = self.patron(number)
        return Errand(
            errand.number,
            errand.agency,
            errand.card,
            errand.item,
            errand.branch,
            loan=FIRST_LOAN + (patron - 1) * LENT_COPIES + place,
        )

    def patron(self, number: int) -> int:
        return 1 + number * STRIDE % self.patrons

    def _errand(self, number: int, copy: int) -> Errand:
        patron = self.patron(number)
        agency = self.agency_of(patron)
        branches = self.branches[agency]
        return Errand(
            number,
            agency,
            f"K{patron:09d}",
            f"{(patron - 1) * COPIES_A_PATRON + copy:010d}",
            branches[(patron * COPIES_A_PATRON + copy) % len(branches)],
        )
