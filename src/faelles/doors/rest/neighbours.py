"""The other doors on the same HTTP port: ASGI applications of their own, found by the first part of the path."""

from collections.abc import Callable, Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from faelles.doors.rest.services import Services

Neighbour = Callable[[Services], ASGIApp]
"""Makes a door, which answers its own errors and leaves `user` in the scope for the log."""

Neighbours = Mapping[str, Neighbour]
"""By the first part of their paths (`/rest`); the one under `/` gets all that belongs to nobody else."""

_OURS: Final = frozenset({"/api", "/docs", "/health", "/metrics", "/ready", "/schema"})
_ALL_ELSE: Final = "/"


class ByPath:
    """ASGI: hands each request to its door."""

    def __init__(self, ours: ASGIApp, doors: Mapping[str, ASGIApp]) -> None:
        self._by_path = dict(doors) | dict.fromkeys(_OURS, ours)
        self._all_else = doors.get(_ALL_ELSE, ours)
        self._ours = ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._ours(scope, receive, send)
            return
        first = "/" + scope["path"][1:].partition("/")[0]
        await self._by_path.get(first, self._all_else)(scope, receive, send)
