"""The vans between the branches, and the sheet that a driver takes along."""

from datetime import date
from typing import Final

import msgspec
from litestar import Response, Router, get

from faelles.circulation.transit import rounds
from faelles.circulation.transit.model import RouteSheet, Van
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.clock import clock_text
from faelles.doors.web.manage.frame import asked
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.people.model import Permission

_LOGISTICS: Final = Permission.LOGISTICS


class SheetAsked(msgspec.Struct, frozen=True, kw_only=True):
    """None: today."""

    day: date | None = None


@get("/lists/vans", opt=guarded(_LOGISTICS, example=Example()))
async def show_all(request: WebRequest) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, list[Van]]:
        return await desk_of(tx, request), await rounds.list_vans(tx, request.caller)

    desk, vans = await request.read(work)
    return request.page("lists/vans.html", {"desk": desk, "vans": vans, "clock": clock_text})


@get("/lists/vans/{van:int}", opt=guarded(_LOGISTICS, example=Example(path={"van": "{van}"})))
async def show(request: WebRequest, van: PathId) -> Response[bytes]:
    """What the driver fetches and leaves at each stop, from what waits now."""
    day = asked(request, SheetAsked).day

    async def work(tx: Transaction) -> tuple[Desk, RouteSheet]:
        return await desk_of(tx, request), await rounds.show_route_sheet(tx, request.caller, van, day)

    desk, sheet = await request.read(work)
    return request.page("lists/route_sheet.html", {"desk": desk, "sheet": sheet, "clock": clock_text})


router = Router(path="/", route_handlers=[show, show_all])
