"""A library with people in it, and a night that forgets."""

from datetime import date

import pytest

from circulation.conftest import library
from circulation.lending_library import LendingLibrary
from faelles.privacy.forgetting.nightly import forget
from faelles.privacy.model import Standing
from faelles.privacy.operations import report

__all__ = ["library"]


class Nights:
    """The forgetting of one library."""

    def __init__(self, library: LendingLibrary) -> None:
        self.library = library

    async def pass_over(self, day: date | None = None) -> dict[str, int]:
        """One whole night; how much was forgotten of what."""
        done: dict[str, int] = {}
        place: str | None = None
        while True:
            today, begin = day or self.library.clock.now.date(), place
            piece = await self.library.run(lambda tx, today=today, begin=begin: forget(tx, today, begin))
            for name, number in piece.counts.items():
                done[name.removeprefix("forgotten_")] = done.get(name.removeprefix("forgotten_"), 0) + number
            if (place := piece.next) is None:
                return done

    async def report(self) -> dict[str, Standing]:
        found = await self.library.run(lambda tx: report(tx, self.library.librarian))
        return {standing.entry: standing for standing in found}


@pytest.fixture
def nights(library: LendingLibrary) -> Nights:
    return Nights(library)
