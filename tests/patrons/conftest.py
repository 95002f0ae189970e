import pytest

from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from patrons_desk import Desk
from town import Town


@pytest.fixture
def desk(database: Database, keyring: Keyring, town: Town) -> Desk:
    return Desk(database, keyring, town)
