"""What is served on the one HTTP port besides our REST."""

from typing import Final

from litestar.types import ASGIApp, Receive, Scope, Send

from faelles.doors.fbs.door import fbs_door
from faelles.doors.ncip import door as ncip
from faelles.doors.rest.neighbours import Neighbours
from faelles.doors.rest.services import Services
from faelles.doors.sip2 import over_http
from faelles.doors.web import app as web


class _UnderRest:
    """ASGI: the interfaces that today's national system has under one address, each a door of its own."""

    def __init__(self, services: Services) -> None:
        self._doors: tuple[tuple[str, ASGIApp], ...] = (
            (over_http.PREFIX, over_http.over_http(services)),
            (ncip.PREFIX, ncip.ncip(services)),
        )
        self._all_else = fbs_door(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        for prefix, door in self._doors:
            if scope["path"].startswith(prefix):
                await door(scope, receive, send)
                return
        await self._all_else(scope, receive, send)


DOORS: Final[Neighbours] = {"/rest": _UnderRest, "/": web.create}
