"""One port, several doors: each address reaches its own."""

from typing import Any, cast

import pytest
from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from faelles.doors.front import DOORS
from faelles.doors.rest.app import create_app
from faelles.doors.rest.services import Limits
from faelles.ground import i18n
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.i18n import Language


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


_NCIP = (
    '<NCIPMessage xmlns="http://www.niso.org/2008/ncip" xmlns:n="http://www.niso.org/2008/ncip" n:version="2.02">'
    "<LookupUser><InitiationHeader><FromAgencyId><AgencyId>DK-1</AgencyId></FromAgencyId>"
    "<ToAgencyId><AgencyId>DK-2</AgencyId></ToAgencyId></InitiationHeader></LookupUser></NCIPMessage>"
)
_EACH_DOOR = pytest.mark.parametrize(
    ("method", "path", "body", "kind", "way"),
    [
        ("GET", "/schema/openapi.json", "", "application/problem+json", '"code":"{code}"'),
        ("GET", "/sign-in", "", "text/html", "{sentence}"),
        ("GET", "/rest/external/v1/DK-710100/branches", "", "application/json", '"message":"{sentence}"'),
        ("POST", "/rest/sip2/DK-710100", "", "application/xml", "<error>{sentence}</error>"),
        ("POST", "/rest/ncip", _NCIP, "application/xml", "Problem>"),
    ],
    ids=["rest", "web", "fbs", "sip2", "ncip"],
)


@_EACH_DOOR
async def test_an_overloaded_server_says_so_in_the_form_that_the_caller_reads(
    method: str, path: str, body: str, kind: str, way: str, database: Database, keyring: Keyring
) -> None:
    full = create_app(database, keyring, routers=(), neighbours=DOORS, limits=Limits(requests_in_work=0))
    async with AsyncClient(transport=ASGITransport(cast("Any", full)), base_url="http://faelles.test") as http:
        answer = await http.request(method, path, content=body)
    said = way.format(code="server_overloaded", sentence=i18n.text("server_overloaded", Language.DANISH))
    assert (answer.headers["content-type"].partition(";")[0], said in answer.text) == (kind, True), answer.text
    assert (answer.status_code, answer.headers.get("retry-after")) == ((200, None) if "ncip" in path else (503, "1"))


@_EACH_DOOR
async def test_a_nul_in_an_address_is_refused_in_the_form_that_the_caller_reads(
    method: str, path: str, body: str, kind: str, way: str, app: Litestar
) -> None:
    async with AsyncClient(transport=ASGITransport(cast("Any", app)), base_url="http://faelles.test") as http:
        answer = await http.request(method, f"{path}?words=a%00b", content=body)
    said = way.format(code="text_has_nul", sentence=i18n.text("text_has_nul", Language.DANISH))
    assert (answer.headers["content-type"].partition(";")[0], said in answer.text) == (kind, True), answer.text
    assert answer.status_code == (200 if "ncip" in path else 400)
