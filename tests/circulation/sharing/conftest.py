"""Two municipalities that may lend to each other."""

import pytest

from circulation.lending_library import LendingLibrary
from faelles.ground.actor import SYSTEM
from faelles.policies.seeds import seed_agency
from town import Town


@pytest.fixture
async def lender(library: LendingLibrary, neighbour: Town) -> LendingLibrary:
    """Another municipality that stands on the same clock and has the same rules."""
    await library.database.run(neighbour.agency, SYSTEM, seed_agency)
    return LendingLibrary(
        neighbour, library.database, library.keyring, library.clock, library.groups, library.materials
    )
