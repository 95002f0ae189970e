"""A library that lends, and a sender whose ways out are lists."""

import pytest

from circulation.lending_library import Clock, LendingLibrary
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import NATION
from faelles.policies.seeds import seed_agency, seed_nation
from notices.post_office import PostOffice
from town import Town


@pytest.fixture(scope="session")
async def seeded_nation(database: Database) -> None:
    await database.run(NATION, SYSTEM, seed_nation)


@pytest.fixture
async def library(database: Database, town: Town, keyring: Keyring, seeded_nation: None) -> LendingLibrary:
    await database.run(town.agency, SYSTEM, seed_agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        groups = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM patron_group")}
        materials = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM material_group")}
    clock = Clock()
    turned = Database(database._pool, clock)
    return LendingLibrary(town, turned, keyring, clock, groups, materials)


@pytest.fixture
def post(library: LendingLibrary) -> PostOffice:
    return PostOffice(library)
