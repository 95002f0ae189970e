"""A library whose desks are all busy at once."""

from datetime import timedelta

import pytest

from circulation.lending_library import MONDAY, Clock, LendingLibrary
from circulation.real_desk import RealDesk, World, furnish
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database

WORLD = World(
    readers={"anna": "adult", "bo": "adult", "clara": "child"},
    copies={"novel": ("book_adult", "main"), "atlas": ("book_adult", "suburb"), "film": ("film", "main")},
    limit=2,
)


@pytest.fixture
async def desk(database: Database, keyring: Keyring, seeded_nation: None) -> RealDesk:
    """Three readers, three copies, two loans at most, known by name. The rules are older than anything entered late."""
    clock = Clock(MONDAY - timedelta(days=400))
    desk = await furnish(Database(database._pool, clock), keyring, clock, WORLD)
    clock.now = MONDAY
    return desk


@pytest.fixture
async def library(desk: RealDesk) -> LendingLibrary:
    return desk.library
