"""A library's pages, and somebody of its staff signed in to them."""

import secrets
from collections.abc import Callable
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from doors.rest.furniture import Furniture, furnish, hashed_password
from doors.web.visitor import ORIGIN, Visitor
from faelles.doors.rest.app import ON_THIS_MACHINE, create_app
from faelles.doors.web.app import create
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.i18n import Language
from faelles.people.model import EVERY_PERMISSION, NewToken, Permission, Subject, SubjectKind
from faelles.people.operations import issue_token
from faelles.people.passwords import hash_password
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


async def session_of_staff(tx: Transaction, permissions: frozenset[Permission], *, password: str = "") -> str:
    """A new member of the staff, signed in; the session's token."""
    code = secrets.token_hex(4)
    staff = await tx.value(
        "INSERT INTO staff (agency_id, username, name, password_hash) VALUES ($1, $2, 'Lise', $3) RETURNING id",
        tx.agency,
        f"lise{code}",
        await hash_password(password) if password else None,
    )
    role = await tx.value(
        "INSERT INTO role (agency_id, code, name, permissions) VALUES ($1, $2, 'Skranke', $3) RETURNING id",
        tx.agency,
        f"role{code}",
        sorted(permissions),
    )
    await tx.execute(
        "INSERT INTO staff_role (agency_id, staff_id, role_id) VALUES ($1, $2, $3)", tx.agency, staff, role
    )
    token = await issue_token(tx, NewToken(subject=Subject(SubjectKind.STAFF, staff), language=Language.DANISH))
    return token.secret


@pytest.fixture(scope="session")
async def showcase(database: Database, keyring: Keyring) -> Furniture:
    """A furnished municipality that nobody changes, whoever tries."""
    return await furnish(database, keyring, await found_town(database), await hashed_password())


@pytest.fixture
async def town(database: Database) -> Town:
    return await found_town(database)
