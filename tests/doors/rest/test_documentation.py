"""The interface describes itself, and the page to read it needs nothing from anywhere else."""

import re
from typing import Any

from httpx import AsyncClient
from litestar import Litestar

from doors.rest.walk import routes_of

_ELSEWHERE = re.compile(r"""(?:src|href)=["'](?:https?:)?//""")


async def test_the_description_is_openapi_and_covers_every_route(client: AsyncClient, app: Litestar) -> None:
    described = (await client.get("/schema")).json()
    assert described["openapi"].startswith("3.1")
    told = {f"{method.upper()} {path}" for path, item in described["paths"].items() for method in item}
    assert {str(route) for route in routes_of(app) if route.path.startswith("/api/")} <= told
    assert (await client.get("/schema/openapi.json")).json() == described


async def test_every_operation_tells_its_problems_its_permission_and_its_own_name(client: AsyncClient) -> None:
    operations = _operations((await client.get("/schema")).json())
    for operation in operations:
        assert {"400", "401", "403", "404", "409", "413", "422", "429", "503"} <= operation["responses"].keys()
        assert operation["security"] in ([], [{"bearer": []}])
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))


async def test_the_page_loads_from_here_alone(client: AsyncClient) -> None:
    page = await client.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert not _ELSEWHERE.search(page.text)
    for asset in re.findall(r"""(?:src|href)="(/docs/[^"]+)\"""", page.text):
        assert (await client.get(asset)).is_success


async def test_the_page_hands_out_only_its_own_files(client: AsyncClient) -> None:
    for name in ("LICENSE", "..%2Fapp.py", "index.html", "start.js%00"):
        assert (await client.get(f"/docs/{name}")).status_code in (400, 404)


def _operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for item in described["paths"].values() for operation in item.values()]
