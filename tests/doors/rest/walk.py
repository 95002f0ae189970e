"""Every route of the application with its declared example, as requests that can be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, cast

import httpx
from litestar import Litestar

from doors.rest.furniture import Furniture, filled, names_in
from faelles.doors.rest.access import OPT_KEY, Access, Audience
from faelles.doors.rest.app import create_app, own_routes
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    access: Access

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def room(self) -> str:
        """The first word of its address."""
        return self.path.removeprefix("/api/v1").split("/")[1] or "front"

    @property
    def for_patrons(self) -> bool:
        return self.access.permission is not None and self.access.permission.value == "own_account"

    @property
    def for_the_nation(self) -> bool:
        return self.access.audience is Audience.NATION

    @property
    def is_public(self) -> bool:
        return self.access.audience is Audience.PUBLIC

    def names_what_is_private(self, furniture: Furniture) -> bool:
        return bool(names_in(self.access.example) - furniture.open_to_all)

    async def send(
        self,
        client: httpx.AsyncClient,
        furniture: Furniture,
        headers: dict[str, str] | None = None,
        *,
        path: Mapping[str, object] = MappingProxyType({}),
        query: Mapping[str, object] = MappingProxyType({}),
    ) -> httpx.Response:
        """The example, with `path` and `query` in place of its own."""
        example = self.access.example
        body = filled(example.body, furniture.objects)
        more: dict[str, Any] = {} if body is None else {"json": body}
        return await client.request(
            self.method,
            self.path.format(**filled({**example.path, **path}, furniture.objects)),
            params=filled({**example.query, **query}, furniture.objects),
            headers=headers,
            **more,
        )


def routes_of(application: Litestar) -> list[Route]:
    return sorted(
        (
            Route(method, path, handler.opt[OPT_KEY])
            for path, handler in own_routes(application)
            for method in handler.http_methods
        ),
        key=str,
    )


@cache
def every_route() -> list[Route]:
    """The interface's own, of an application that is never sent a request."""
    return routes_of(create_app(Database(cast("Any", None)), Keyring(parse_master_keys(new_master_key()))))
