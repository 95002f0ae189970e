"""The nation's groups and rules, and who may change a town's."""

import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.ids import NATION
from faelles.policies.seeds import seed_agency, seed_nation
from town import Town


@pytest.fixture(scope="session")
async def nation(database: Database) -> None:
    """The nation seeded, twice: the second time changes nothing."""
    for _ in range(2):
        async with database.transaction(NATION, SYSTEM) as tx:
            await seed_nation(tx)


@pytest.fixture
async def seeded(database: Database, nation: None, town: Town) -> Town:
    """A town with the rules every municipality starts from."""
    async with database.transaction(town.agency, SYSTEM) as tx:
        await seed_agency(tx)
    return town
