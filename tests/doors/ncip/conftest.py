"""A library and its neighbour, who asks in both versions of NCIP."""

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from doors.ncip.talking import First, Neighbour, Second
from faelles.doors.ncip.door import ncip
from faelles.doors.rest.app import create_app
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.machines.model import NewClient
from faelles.people.machines.operations import create_client
from faelles.people.model import EVERY_PERMISSION


@pytest.fixture(scope="session")
async def http(database: Database, keyring: Keyring) -> AsyncIterator[AsyncClient]:
    app = create_app(database, keyring, routers=(), neighbours={"/rest": ncip})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as opened:
        yield opened


@pytest.fixture(params=[First(), Second()], ids=["first", "second"])
async def neighbour(http: AsyncClient, library: LendingLibrary, request: pytest.FixtureRequest) -> Neighbour:  # noqa: F811 - the fixture
    library.clock.now = utc_now()
    new = NewClient(username="ncip-dk-775100", name="Nabo", permissions=EVERY_PERMISSION)
    made = await library.run(lambda tx: create_client(tx, library.librarian, new))
    return Neighbour(http, library, made.secret, request.param)
