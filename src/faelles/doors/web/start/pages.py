"""The start page: what waits at this branch just now, and its day in numbers."""

from typing import Final

import msgspec
from litestar import Response, Router, get

from faelles.circulation.looking.today import BranchDay, branch_day
from faelles.circulation.picking.operations import list_picks
from faelles.circulation.shelf.operations import list_shelf, list_to_clear
from faelles.circulation.transit.operations import list_journeys
from faelles.circulation.unfillable.operations import count_unfillable
from faelles.circulation.worklist.operations import list_work
from faelles.doors.rest.access import Example, guarded
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.doors.web.start.plots import Plot, plot
from faelles.ground.database import Transaction
from faelles.ground.i18n import text
from faelles.people.model import Permission

MOST_COUNTED: Final = 200


class Waiting(msgspec.Struct, frozen=True):
    """So many of something (`MOST_COUNTED` stands for at least so many), and the page they are on."""

    code: str
    count: int
    path: str
    is_late: bool = False


@get("/", opt=guarded(Permission.ITEM_VIEW, example=Example()))
async def start(request: WebRequest) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, list[Waiting], BranchDay]:
        desk = await desk_of(tx, request)
        day = await branch_day(tx, request.caller, desk.branch.id)
        return desk, await _waiting(tx, request, desk), day

    desk, waiting, day = await request.read(work)
    context = {"desk": desk, "waiting": waiting, "most": MOST_COUNTED, "figures": figures(day, request)}
    return request.page("start/page.html", context)


class Figure(msgspec.Struct, frozen=True):
    """A plot, and the codes of what is said around it."""

    code: str
    plot: Plot
    path: str


def figures(day: BranchDay, request: WebRequest) -> list[Figure]:
    """What the reader may see of the day."""
    found: list[Figure] = []
    if day.loans is not None:
        hours = [(str(hour), number) for hour, number in day.loans.items()]
        found.append(Figure("loans", plot(hours, marked=str(day.now_hour)), "/desk"))
    if day.holds is not None:
        waited = [(text(f"web_entry_waited_{each}", request.language), number) for each, number in day.holds.items()]
        found.append(Figure("holds", plot(waited), "/lists/picks"))
    if day.late is not None:
        missed = [(text(f"web_entry_late_{each}", request.language), number) for each, number in day.late.items()]
        found.append(Figure("late", plot(missed), "/lists/on-the-way?late=true"))
    return found


async def _waiting(tx: Transaction, request: WebRequest, desk: Desk) -> list[Waiting]:
    caller, here = request.caller, desk.branch.id
    found: list[Waiting] = []
    if caller.may(Permission.LOGISTICS):
        picks = await list_picks(tx, caller, here, limit=MOST_COUNTED)
        ready = await list_shelf(tx, caller, here, limit=MOST_COUNTED)
        cleared = await list_to_clear(tx, caller, here, limit=MOST_COUNTED)
        coming = await list_journeys(tx, caller, to_branch=here, limit=MOST_COUNTED)
        late = await list_journeys(tx, caller, to_branch=here, only_overdue=True, limit=MOST_COUNTED)
        found += [
            Waiting("web_waiting_picks", len(picks), "/lists/picks"),
            Waiting("web_waiting_ready", len(ready), "/lists/hold-shelf"),
            Waiting("web_waiting_to_clear", len(cleared), "/lists/hold-shelf#to-clear"),
            Waiting("web_waiting_coming", len(coming), "/lists/on-the-way"),
            Waiting("web_waiting_late", len(late), "/lists/on-the-way?late=true", is_late=bool(late)),
        ]
    if caller.may(Permission.HOLD_VIEW) and (beyond := await count_unfillable(tx, caller, MOST_COUNTED)):
        found.append(Waiting("web_waiting_unfillable", beyond, "/lists/unfillable", is_late=True))
    if caller.may(Permission.WORKLIST):
        entries = await list_work(tx, caller, limit=MOST_COUNTED)
        found.append(Waiting("web_waiting_work", len(entries), "/lists/work", is_late=bool(entries)))
    return found


router = Router(path="/", route_handlers=[start])
