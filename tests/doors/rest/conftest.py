"""The application on the real database, spoken to without a network."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from doors.rest.callers import bearer, patron, staff
from doors.rest.furniture import Furniture, furnish, hashed_password
from doors.rest.practice import router
from faelles.doors.rest.app import ON_THIS_MACHINE, create_app
from faelles.doors.rest.services import Limits
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import AgencyId
from faelles.people.model import Permission
from town import Town, found_town


@pytest.fixture(scope="session")
def app(database: Database, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    here = replace(ON_THIS_MACHINE, exchange_directory=tmp_path_factory.mktemp("exchange"))
    return create_app(database, keyring, installation=here)


@pytest.fixture(scope="session")
async def client(app: Litestar) -> AsyncIterator[AsyncClient]:
    """Nobody, until a request says otherwise: `client.get(path, headers=librarian)`."""
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as opened:
        yield opened


@pytest.fixture(scope="session")
async def password_hash() -> str:
    return await hashed_password()


@pytest.fixture
async def furnished(database: Database, keyring: Keyring, town: Town, password_hash: str) -> Furniture:
    """A fresh municipality with one of everything."""
    return await furnish(database, keyring, town, password_hash)


@pytest.fixture(scope="session")
async def showcase(database: Database, keyring: Keyring, password_hash: str) -> Furniture:
    """A furnished municipality that nobody changes, whoever tries."""
    return await furnish(database, keyring, await found_town(database), password_hash)


@pytest.fixture
def librarian(keyring: Keyring, furnished: Furniture) -> dict[str, str]:
    """The headers of staff of the furnished municipality, who may do everything there."""
    return bearer(keyring, staff(furnished.town.agency, furnished.number("staff")))


@pytest.fixture
def trainee(keyring: Keyring, furnished: Furniture) -> dict[str, str]:
    """The headers of staff who may do nothing."""
    return bearer(keyring, staff(furnished.town.agency, furnished.number("staff"), ()))


@pytest.fixture
def reader(keyring: Keyring, furnished: Furniture) -> dict[str, str]:
    """The headers of the furnished municipality's patron, signed in."""
    return bearer(keyring, patron(furnished.town.agency, furnished.number("patron")))


@pytest.fixture(scope="session")
def practice_app(database: Database, keyring: Keyring) -> Litestar:
    return create_app(database, keyring, routers=[router], limits=Limits(requests_in_work=3))


@pytest.fixture
async def practice(practice_app: Litestar, keyring: Keyring) -> AsyncIterator[AsyncClient]:
    """A librarian's client in an application whose only room is the one in practice.py."""
    headers = bearer(keyring, staff(AgencyId(1), 1))
    transport = ASGITransport(cast("Any", practice_app))
    async with AsyncClient(transport=transport, base_url="http://faelles.test/api/v1", headers=headers) as opened:
        yield opened


@pytest.fixture
def viewer(keyring: Keyring, furnished: Furniture) -> dict[str, str]:
    """Staff who may look and not touch."""
    return bearer(keyring, staff(furnished.town.agency, furnished.number("staff"), {Permission.AGENCY_VIEW}))
