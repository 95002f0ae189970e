"""The lists that hands work from: what to fetch, what stands ready, what is on its way, what needs looking into."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery, QueryParameter

from faelles.circulation.picking import operations as picking
from faelles.circulation.picking.model import NotOnShelf
from faelles.circulation.shelf.operations import list_shelf, list_to_clear
from faelles.circulation.transit.operations import list_journeys
from faelles.circulation.worklist.model import Settle
from faelles.circulation.worklist.operations import list_work
from faelles.circulation.worklist.operations import settle as settle_entry
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.place import desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import HIGHEST_ID, Id, ShortText
from faelles.people.model import Permission

Position = Annotated[int, QueryParameter(ge=0, le=HIGHEST_ID)]
"""Where a list goes on; give it the default 0."""
SortKey = Annotated[str, QueryParameter(max_length=400)]

_PAGE: Final = 100
_LOGISTICS: Final = Permission.LOGISTICS


class MissedForm(msgspec.Struct, frozen=True, kw_only=True):
    hold: Id


class SettleForm(msgspec.Struct, frozen=True, kw_only=True):
    how: ShortText


@get("/lists/picks", opt=guarded(_LOGISTICS, example=Example()))
async def picks(
    request: WebRequest,
    after: SortKey = "",
    after_hold: Position = 0,
) -> Response[bytes]:
    """In shelf order; what a scan at the desk finds is off it at once."""

    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        found = await picking.list_picks(tx, request.caller, desk.branch.id, after=(after, after_hold), limit=_PAGE)
        return {"desk": desk, "picks": found, "more": found[-1] if len(found) == _PAGE else None}

    return request.page("lists/picks.html", await request.read(work))


@post("/lists/picks/missed", opt=guarded(_LOGISTICS, example=Example(body={"hold": "{planned_hold}"})))
async def missed(request: WebRequest) -> Response[bytes]:
    """Not on its shelf: the hold waits for another copy."""
    form = await request.typed(MissedForm)
    await request.run(lambda tx: picking.note_not_on_shelf(tx, request.caller, NotOnShelf(hold=form.hold)))
    return request.go_to("/lists/picks")


@get("/lists/hold-shelf", opt=guarded(_LOGISTICS, example=Example()))
async def hold_shelf(request: WebRequest, after: Position = 0) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        ready = await list_shelf(tx, request.caller, desk.branch.id, after=after, limit=_PAGE)
        cleared = await list_to_clear(tx, request.caller, desk.branch.id, limit=_PAGE)
        more = ready[-1].number if len(ready) == _PAGE else None
        return {"desk": desk, "ready": ready, "cleared": cleared, "more": more}

    return request.page("lists/hold_shelf.html", await request.read(work))


@get("/lists/on-the-way", opt=guarded(_LOGISTICS, example=Example()))
async def on_the_way(
    request: WebRequest,
    late: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    after: Position = 0,
) -> Response[bytes]:
    """To this branch and from it."""

    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        here, caller = desk.branch.id, request.caller
        coming = await list_journeys(tx, caller, to_branch=here, only_overdue=late, after=after, limit=_PAGE)
        going = await list_journeys(tx, caller, from_branch=here, only_overdue=late, after=after, limit=_PAGE)
        return {"desk": desk, "coming": coming, "going": going, "late": late}

    return request.page("lists/on_the_way.html", await request.read(work))


@get("/lists/work", opt=guarded(Permission.WORKLIST, example=Example()))
async def work_list(request: WebRequest, after: Position = 0) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await list_work(tx, request.caller, after=after, limit=_PAGE)
        return {
            "desk": await desk_of(tx, request),
            "entries": found,
            "more": found[-1].id if len(found) == _PAGE else None,
        }

    return request.page("lists/work_list.html", await request.read(work))


@post(
    "/lists/work/{entry:int}",
    opt=guarded(Permission.WORKLIST, example=Example(path={"entry": "{work_entry}"}, body={"how": "Fundet på hylden"})),
)
async def settle(request: WebRequest, entry: PathId) -> Response[bytes]:
    form = await request.typed(SettleForm)
    await request.run(lambda tx: settle_entry(tx, request.caller, entry, Settle(how=form.how)))
    return request.go_to("/lists/work")


router = Router(path="/", route_handlers=[hold_shelf, missed, on_the_way, picks, settle, work_list])
