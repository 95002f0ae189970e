"""One port, several doors: each address reaches its own."""

from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from faelles.doors.front import DOORS
from faelles.doors.rest.app import create_app
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database


@pytest.fixture(scope="module")
def app(database: Database, keyring: Keyring) -> Litestar:
    return create_app(database, keyring, routers=(), neighbours=DOORS)


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("POST", "/rest/sip2/DK-710100", 400, "application/xml"),
        ("GET", "/rest/sip2/DK-710100", 405, "application/xml"),
        ("POST", "/rest/ncip/", 400, "application/xml"),
        ("POST", "/rest/ncip", 400, "application/xml"),
        ("GET", "/rest/openapi.json", 200, "application/json"),
        ("GET", "/health", 200, "application/json"),
    ],
)
async def test_each_address_reaches_its_door(method: str, path: str, status: int, kind: str, app: Litestar):
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as http:
        answer = await http.request(method, path)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, kind)
