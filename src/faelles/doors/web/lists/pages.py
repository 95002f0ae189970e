"""The lists that hands work from: what stands ready, what is on its way, what needs looking into."""

from typing import Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.circulation.desk.issues import titled
from faelles.circulation.shelf.model import OnShelf, ToClear
from faelles.circulation.shelf.operations import list_shelf, list_to_clear
from faelles.circulation.transit.model import JourneyShown
from faelles.circulation.transit.operations import list_journeys
from faelles.circulation.worklist.model import Settle, WorkEntry
from faelles.circulation.worklist.operations import list_work
from faelles.circulation.worklist.operations import settle as settle_entry
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.lists.picks import Position
from faelles.doors.web.offline.advice import advice_on
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sheet import MOST_ROWS, Cell, sheet
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.fields import ShortText
from faelles.ground.i18n import Language
from faelles.people.model import Permission

_PAGE: Final = 100
_LOGISTICS: Final = Permission.LOGISTICS
_JOURNEY_HEADINGS: Final = (
    "web_title",
    "web_number",
    "web_from_branch",
    "web_to_branch",
    "web_sent",
    "web_what_for",
    "web_late_since",
)


class SettleForm(msgspec.Struct, frozen=True, kw_only=True):
    how: ShortText


@get("/lists/hold-shelf", opt=guarded(_LOGISTICS, example=Example()))
async def hold_shelf(
    request: WebRequest,
    after: Position = 0,
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    """What stands ready, and what stands there for nobody any more."""
    limit = MOST_ROWS if csv else _PAGE

    async def work(tx: Transaction) -> tuple[Desk, list[OnShelf], list[ToClear]]:
        desk = await desk_of(tx, request)
        ready = await list_shelf(tx, request.caller, desk.branch.id, after=after, limit=limit)
        return desk, ready, await list_to_clear(tx, request.caller, desk.branch.id, limit=limit)

    desk, ready, cleared = await request.read(work)
    if csv:
        headings = ("web_shelf_number", "web_title", "web_number", "web_since", "web_until", "web_to_clear")
        rows: list[tuple[Cell, ...]] = [
            (each.number, titled(each, request.language), each.item_number, each.since, each.pickup_deadline, False)
            for each in ready
        ]
        rows += [
            (each.number, titled(each, request.language), each.item_number, each.since, None, True) for each in cleared
        ]
        return sheet(request, "hold-shelf", headings, rows)
    more = ready[-1].number if len(ready) == _PAGE else None
    return request.page("lists/hold_shelf.html", {"desk": desk, "ready": ready, "cleared": cleared, "more": more})


@get("/lists/on-the-way", opt=guarded(_LOGISTICS, example=Example()))
async def on_the_way(
    request: WebRequest,
    late: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
    after: Position = 0,
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    """To this branch and from it."""
    limit = MOST_ROWS if csv else _PAGE

    async def work(tx: Transaction) -> tuple[Desk, list[JourneyShown], list[JourneyShown]]:
        desk = await desk_of(tx, request)
        here, caller = desk.branch.id, request.caller
        coming = await list_journeys(tx, caller, to_branch=here, only_overdue=late, after=after, limit=limit)
        going = await list_journeys(tx, caller, from_branch=here, only_overdue=late, after=after, limit=limit)
        return desk, coming, going

    desk, coming, going = await request.read(work)
    if csv:
        rows = [_journey(each, desk, request) for each in (*coming, *going)]
        return sheet(request, "on-the-way", _JOURNEY_HEADINGS, rows)
    context = {"desk": desk, "coming": coming, "going": going, "late": late, "more": _last(coming, going)}
    return request.page("lists/on_the_way.html", context)


def _journey(each: JourneyShown, desk: Desk, request: WebRequest) -> tuple[Cell, ...]:
    reason = i18n.text(f"slip_{each.reason}", request.language)
    ways = desk.name_of(each.from_branch), desk.name_of(each.to_branch)
    return each.title, each.item_number, *ways, each.sent_at, reason, each.overdue_since


def _last(*pages: list[JourneyShown]) -> int | None:
    """Where both lists go on; None where neither does."""
    full = [page[-1].id for page in pages if len(page) == _PAGE]
    return min(full) if full else None


@get("/lists/work", opt=guarded(Permission.WORKLIST, example=Example()))
async def work_list(
    request: WebRequest,
    after: Position = 0,
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    limit = MOST_ROWS if csv else _PAGE

    async def work(tx: Transaction) -> tuple[Desk, list[WorkEntry]]:
        found = await list_work(tx, request.caller, after=after, limit=limit)
        return await desk_of(tx, request), found

    desk, found = await request.read(work)
    entries = [(each, *_conflicts(each, request.language)) for each in found]
    if csv:
        rows = [_work(each, desk, request, said, advice) for each, said, advice in entries]
        return sheet(
            request, "work", ("web_when", "web_branch", "web_what", "web_number", "web_why", "web_advice"), rows
        )
    more = found[-1].id if len(found) == _PAGE else None
    return request.page("lists/work_list.html", {"desk": desk, "entries": entries, "more": more})


def _work(entry: WorkEntry, desk: Desk, request: WebRequest, said: list[str], advice: list[str]) -> tuple[Cell, ...]:
    kind = i18n.text(f"work_{entry.kind}", request.language)
    return (
        entry.happened_at,
        desk.name_of(entry.branch),
        kind,
        entry.scanned_item,
        " ".join(said),
        " ".join(advice),
    )


def _conflicts(entry: WorkEntry, language: Language) -> tuple[list[str], list[str]]:
    """What stood against it, and what to do about that."""
    codes = [code for code in str(entry.details.get("conflicts") or "").split(",") if code]
    said = [i18n.text(code, language) for code in codes if "{" not in i18n.text(code, language)]
    return said, [i18n.text(code, language) for code in advice_on(entry.kind, codes)]


@post(
    "/lists/work/{entry:int}",
    opt=guarded(Permission.WORKLIST, example=Example(path={"entry": "{work_entry}"}, body={"how": "Fundet på hylden"})),
)
async def settle(request: WebRequest, entry: PathId) -> Response[bytes]:
    form = await request.typed(SettleForm)
    await request.run(lambda tx: settle_entry(tx, request.caller, entry, Settle(how=form.how)))
    return request.go_to("/lists/work")


router = Router(path="/", route_handlers=[hold_shelf, on_the_way, settle, work_list])
