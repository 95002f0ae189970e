"""A library's pages, and somebody of its staff signed in to them."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from doors.rest.furniture import Furniture, furnish, hashed_password
from doors.web.browsing import address, browser, hands, page  # noqa: F401 - fixtures
from doors.web.sessions import session_of_staff
from doors.web.visitor import ORIGIN, Visitor
from faelles.doors.rest.app import ON_THIS_MACHINE, create_app
from faelles.doors.web.app import create
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.model import EVERY_PERMISSION
from town import Town, found_town


@pytest.fixture(scope="session")
def port(database: Database, keyring: Keyring) -> Litestar:
    return create_app(database, keyring, installation=ON_THIS_MACHINE, neighbours={"/": create})


@pytest.fixture
def visit(port: Litestar) -> Callable[[str], Visitor]:
    """A visitor with this session token; empty for nobody."""

    def opened(session: str) -> Visitor:
        client = AsyncClient(transport=ASGITransport(cast("Any", port)), base_url=ORIGIN)
        if session:
            client.cookies.set("faelles_session", session, domain="faelles.test")
        return Visitor(client)

    return opened


@pytest.fixture
def nobody(visit: Callable[[str], Visitor]) -> Visitor:
    return visit("")


@pytest.fixture
async def employee(library: LendingLibrary, visit: Callable[[str], Visitor]) -> Visitor:  # noqa: F811 - the fixture
    """Somebody who may do everything in the library, today."""
    library.clock.now = utc_now()
    return visit(await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION)))


@pytest.fixture(scope="session")
async def showcase(database: Database, keyring: Keyring) -> Furniture:
    """A furnished municipality that nobody changes, whoever tries."""
    return await furnish(database, keyring, await found_town(database), await hashed_password())


@pytest.fixture
async def town(database: Database) -> Town:
    return await found_town(database)
