import pytest

from faelles.ground.database import Database
from fees.accounts import Household, move_in
from town import Town


@pytest.fixture
async def household(database: Database, town: Town) -> Household:
    return await move_in(database, town)
