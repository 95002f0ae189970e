from pathlib import Path

import pytest

from faelles.fees.neighbours.model import Adapter
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from fees.accounts import Household
from fees.debt.office import Office


@pytest.fixture
async def office(database: Database, household: Household, keyring: Keyring, tmp_path: Path) -> Office:
    office = Office(household, database, keyring, tmp_path)
    office.database = Database(database._pool, office)
    await office.use(Adapter.BUILT_IN)
    return office
