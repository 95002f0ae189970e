"""A library that lends, new for each test."""

import pytest

from circulation.lending_library import LendingLibrary, open_library
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from town import Town


@pytest.fixture
async def library(database: Database, town: Town, keyring: Keyring, seeded_nation: None) -> LendingLibrary:
    return await open_library(database, town, keyring)
