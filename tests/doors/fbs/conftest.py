"""A library with a web site, and the web site's way in."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient, Response

from circulation.conftest import library  # noqa: F401 - a fixture
from circulation.lending_library import LendingLibrary
from faelles.doors.fbs.door import fbs_door
from faelles.doors.rest.app import create_app
from faelles.ground.clock import local_date, utc_now
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import DivisionId
from faelles.people.machines.model import ClientSecret, NewClient
from faelles.people.machines.operations import create_client
from faelles.people.model import EVERY_PERMISSION, Permission


@dataclass
class WebSite:
    """A client of one library that is signed in. Paths are written as in the tables, `{a}` for the agency."""

    library: LendingLibrary
    http: AsyncClient
    isil: str
    secret: ClientSecret
    key: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """Where the library is, which late in the evening is a day later than elsewhere."""
        return local_date(self.library.clock.now, "Europe/Copenhagen")

    async def sign_in(self) -> Response:
        answer = await self.http.post(
            f"/rest/external/v1/{self.isil}/authentication/login",
            json={"username": self.secret.username, "password": self.secret.secret},
        )
        self.key = answer.json().get("sessionKey", "")
        self.headers = {"X-Session": self.key}
        return answer

    async def send(self, method: str, path: str, **what: Any) -> Response:
        whole = "/rest/external" + path.replace("{a}", self.isil)
        return await self.http.request(method, whole, headers=self.headers | what.pop("headers", {}), **what)

    async def get(self, path: str, **params: Any) -> Any:
        return told(await self.send("GET", path, params=params))

    async def post(self, path: str, body: Any, **what: Any) -> Any:
        return told(await self.send("POST", path, json=body, **what))

    async def put(self, path: str, body: Any, **what: Any) -> Any:
        return told(await self.send("PUT", path, json=body, **what))


def told(answer: Response) -> Any:
    """The answer's body, where it went well."""
    assert answer.status_code == 200, (answer.status_code, answer.text)
    return answer.json() if answer.content else None


async def client_of(
    lending: LendingLibrary,
    division: DivisionId | None = None,
    permissions: frozenset[Permission] = EVERY_PERMISSION,
) -> ClientSecret:
    new = NewClient(
        username=f"site{secrets.token_hex(4)}", name="Hjemmeside", permissions=permissions, division=division
    )
    return await lending.run(lambda tx: create_client(tx, lending.librarian, new))


@pytest.fixture(scope="session")
async def http(database: Database, keyring: Keyring) -> AsyncIterator[AsyncClient]:
    app = create_app(database, keyring, routers=(), neighbours={"/rest": fbs_door})
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as opened:
        yield opened


@pytest.fixture
async def site(http: AsyncClient, library: LendingLibrary) -> WebSite:  # noqa: F811 - the fixture
    """The web site of the public library."""
    library.clock.now = utc_now()
    made = WebSite(library, http, library.town.isil, await client_of(library, library.town.library))
    await made.sign_in()
    return made
