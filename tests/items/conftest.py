import pytest

from faelles.ground.database import Database
from items.copies import Shelf, put_up
from town import Town


@pytest.fixture
async def shelf(database: Database, town: Town) -> Shelf:
    return await put_up(database, town)


@pytest.fixture
async def foreign_shelf(database: Database, neighbour: Town) -> Shelf:
    """The neighbour's."""
    return await put_up(database, neighbour)
