"""What is to be fetched from the shelves: taken on, printed, found or not; and what was looked for in vain."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery, QueryParameter

from faelles.circulation.desk.issues import titled
from faelles.circulation.picking import operations
from faelles.circulation.picking.model import ClaimPicks, GiveBackPicks, Missed, NotOnShelf, Pick
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sheet import MOST_ROWS, sheet
from faelles.doors.web.titles.names import shelf_path
from faelles.ground.database import Transaction
from faelles.ground.fields import HIGHEST_ID, Id, ItemNumberText
from faelles.ground.ids import BranchId
from faelles.people.model import Permission

Position = Annotated[int, QueryParameter(ge=0, le=HIGHEST_ID)]
"""Where a list goes on; give it the default 0."""
SortKey = Annotated[str, QueryParameter(max_length=400)]

_PAGE: Final = 100
_LOGISTICS: Final = Permission.LOGISTICS
_HEADINGS: Final = (
    "web_shelf",
    "web_classification",
    "web_title",
    "web_creators",
    "web_number",
    "web_pickup",
    "web_tries_count",
)


class MissedForm(msgspec.Struct, frozen=True, kw_only=True):
    hold: Id
    item: ItemNumberText | None = None


class ClaimForm(msgspec.Struct, frozen=True, kw_only=True):
    """So many of the list, in shelf order, that nobody else is on the way for."""

    branch: Id
    most: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class BranchForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id


@get("/lists/picks", opt=guarded(_LOGISTICS, example=Example()))
async def show(
    request: WebRequest,
    after: SortKey = "",
    after_hold: Position = 0,
    mine: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    """In shelf order; what a scan at the desk finds is off it at once."""
    if csv:
        return await _as_sheet(request)
    return await _page(request, after=(after, after_hold), mine=mine)


async def _page(
    request: WebRequest,
    *,
    after: tuple[str, int] = ("", 0),
    mine: bool = False,
    refused: Refusal = NOTHING_REFUSED,
) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, list[Pick]]:
        desk = await desk_of(tx, request)
        if mine:
            return desk, await _all(tx, request, desk.branch.id)
        return desk, await operations.list_picks(tx, request.caller, desk.branch.id, after=after, limit=_PAGE)

    desk, found = await request.read(work)
    me = str(request.caller.actor)
    context = {
        "desk": desk,
        "picks": [each for each in found if not mine or each.claimed_by == me],
        "shelf_path": shelf_path,
        "more": found[-1] if len(found) == _PAGE and not mine else None,
        "me": me,
        "mine": mine,
        "has_mine": any(each.claimed_by == me for each in found),
        "refused": refused,
        "done": request.done_just_now,
    }
    return request.page("lists/picks.html", context, status=refused.status)


async def _all(tx: Transaction, request: WebRequest, branch: BranchId) -> list[Pick]:
    found: list[Pick] = []
    after = ("", 0)
    while len(found) < MOST_ROWS:
        page = await operations.list_picks(tx, request.caller, branch, after=after, limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            break
        after = (page[-1].sort_key, page[-1].hold)
    return found


async def _as_sheet(request: WebRequest) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, list[Pick]]:
        desk = await desk_of(tx, request)
        return desk, await _all(tx, request, desk.branch.id)

    desk, found = await request.read(work)
    rows = [
        (
            shelf_path(each.shelf),
            each.classification,
            titled(each, request.language),
            ", ".join(each.creators),
            each.item_number,
            desk.name_of(each.pickup),
            each.tries,
        )
        for each in found
    ]
    return sheet(request, "picks", _HEADINGS, rows)


@post("/lists/picks/claim", opt=guarded(_LOGISTICS, example=Example(body={"branch": "{branch}", "most": 20})))
async def claim(request: WebRequest) -> Response[bytes]:
    """Be on the way for some of it, so that two people do not fetch the same."""

    async def do() -> Response[Any]:
        form = await request.typed(ClaimForm)
        asked = ClaimPicks(branch=form.branch, most=form.most)
        await request.run(lambda tx: operations.claim_picks(tx, request.caller, asked))
        return request.go_to("/lists/picks?mine=true&done=picks_claimed")

    return await sent(request, "claim", do, lambda refused: _page(request, refused=refused))


@post("/lists/picks/give-back", opt=guarded(_LOGISTICS, example=Example(body={"branch": "{branch}"})))
async def give_back(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(BranchForm)
        await request.run(lambda tx: operations.give_back_picks(tx, request.caller, GiveBackPicks(branch=form.branch)))
        return request.go_to("/lists/picks?done=picks_given_back")

    return await sent(request, "claim", do, lambda refused: _page(request, refused=refused))


@post("/lists/picks/missed", opt=guarded(_LOGISTICS, example=Example(body={"hold": "{planned_hold}"})))
async def missed(request: WebRequest) -> Response[bytes]:
    """Not on its shelf: the hold waits for another copy, and this one is searched for."""

    async def do() -> Response[Any]:
        form = await request.typed(MissedForm)
        missed = NotOnShelf(hold=form.hold, item=form.item)
        await request.run(lambda tx: operations.note_not_on_shelf(tx, request.caller, missed))
        return request.go_to("/lists/picks?done=pick_missed")

    return await sent(request, "claim", do, lambda refused: _page(request, refused=refused))


@get("/lists/searches", opt=guarded(_LOGISTICS, example=Example()))
async def searches(
    request: WebRequest,
    after: Position = 0,
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    """Copies that were looked for in vain. One that is scanned anywhere leaves the list by itself."""
    limit = MOST_ROWS if csv else _PAGE

    async def work(tx: Transaction) -> tuple[Desk, list[Missed]]:
        desk = await desk_of(tx, request)
        found = await operations.list_searches(tx, request.caller, branch=desk.branch.id, after=after, limit=limit)
        return desk, found

    desk, found = await request.read(work)
    if csv:
        headings = ("web_shelf", "web_title", "web_number", "web_missed_at")
        rows = [
            (shelf_path(each.shelf), titled(each, request.language), each.item_number, each.missed_at) for each in found
        ]
        return sheet(request, "searches", headings, rows)
    context = {
        "desk": desk,
        "searches": found,
        "shelf_path": shelf_path,
        "more": found[-1].id if len(found) == _PAGE else None,
        "done": request.done_just_now,
    }
    return request.page("lists/searches.html", context)


@post("/lists/searches/{search:int}/give-up", opt=guarded(_LOGISTICS, example=Example(path={"search": "{search}"})))
async def give_up(request: WebRequest, search: PathId) -> Response[bytes]:
    """The copy is missing from now on."""
    await request.run(lambda tx: operations.give_up_search(tx, request.caller, search))
    return request.go_to("/lists/searches?done=search_given_up")


router = Router(path="/", route_handlers=[claim, give_back, give_up, missed, searches, show])
