"""A library that lends, and another beside it, new for each test."""

import pytest

from circulation.lending_library import LendingLibrary, open_library
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.policies.seeds import seed_agency
from town import Town


@pytest.fixture
async def library(database: Database, town: Town, keyring: Keyring, seeded_nation: None) -> LendingLibrary:
    return await open_library(database, town, keyring)


@pytest.fixture
async def lender(library: LendingLibrary, neighbour: Town) -> LendingLibrary:
    """Another municipality that stands on the same clock and has the same rules."""
    await library.database.run(neighbour.agency, SYSTEM, seed_agency)
    return LendingLibrary(
        neighbour, library.database, library.keyring, library.clock, library.groups, library.materials
    )
