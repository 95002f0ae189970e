"""The event log: what happened, the latest first, by kind, copy, loan, branch and day."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response, Router, get

from faelles.agencies import operations as agencies
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import cursor, read_cursor
from faelles.doors.web import sheet
from faelles.doors.web.manage.frame import MOST_LISTED, PAGE, asked, manage_page
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.alphabet import by_name
from faelles.ground.database import Transaction
from faelles.ground.events import EventFilter, Position
from faelles.ground.fields import Id, ItemNumberText
from faelles.items.operations import find_item
from faelles.people.event_log.model import EventsSearched, ShownEvent
from faelles.people.event_log.operations import search_events
from faelles.people.model import Permission

_ZONE: Final = ZoneInfo("Europe/Copenhagen")
_SHEET_PAGE: Final = 500
KINDS: Final = (
    "loan*",
    "hold*",
    "item*",
    "journey*",
    "charge*",
    "payment*",
    "patron*",
    "notice*",
    "booking*",
    "policy*",
    "branch*",
    "staff*",
    "role*",
    "machine*",
    "client*",
    "support*",
    "till*",
)
"""What most are looked for by; any kind may be typed."""


class EventsAsked(msgspec.Struct, frozen=True, kw_only=True):
    kind: Annotated[str, msgspec.Meta(max_length=60, pattern=r"^[a-z0-9_.*]*$")] = ""
    item: ItemNumberText | None = None
    loan: Id | None = None
    branch: Id | None = None
    first_day: date | None = None
    last_day: date | None = None
    after: Annotated[str, msgspec.Meta(max_length=200, pattern="^[A-Za-z0-9_-]*$")] = ""

    @property
    def query(self) -> str:
        """The filter for another page of it."""
        parts = msgspec.structs.asdict(self) | {"after": None}
        return urlencode({name: str(value) for name, value in parts.items() if value})


@get("/manage/events", opt=guarded(Permission.EVENT_READ, example=Example()))
async def show_events(request: WebRequest) -> Response[bytes]:
    wanted = asked(request, EventsAsked)

    async def work(tx: Transaction) -> dict[str, object]:
        start = read_cursor(wanted.after or None, Position)
        found = await _found(tx, request, wanted, start, PAGE)
        branches = await agencies.list_branches(tx, request.caller, limit=MOST_LISTED)
        return {
            "asked": wanted,
            "events": found.events,
            "more": cursor(found.reached) if found.reached else None,
            "reached_at": found.reached_at,
            "branches": by_name(branches),
            "branch_names": {each.id: each.name for each in branches},
            "kinds": KINDS,
            "said": lambda kind: said(kind, request),
        }

    return manage_page(request, "events", await request.read(work))


async def _found(
    tx: Transaction, request: WebRequest, wanted: EventsAsked, start: Position | None, limit: int
) -> EventsSearched:
    """Raises NotFoundError for a copy that there is not."""
    item = (await find_item(tx, request.caller, wanted.item)).id if wanted.item else None
    fitting = EventFilter(
        kind=wanted.kind or None,
        loan=wanted.loan,
        item=item,
        branch=wanted.branch,
        since=_midnight(wanted.first_day),
        until=_midnight(wanted.last_day and wanted.last_day + timedelta(days=1)),
    )
    return await search_events(tx, request.caller, fitting, before=start, limit=limit)


def said(kind: str, request: WebRequest) -> str:
    """What happened, in words where there are some."""
    code = "event_" + kind.replace(".", "_")
    return i18n.text(code, request.language) if i18n.knows(code, request.language) else kind


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), _ZONE)


@get("/manage/events.csv", opt=guarded(Permission.EVENT_READ, example=Example()))
async def events_as_sheet(request: WebRequest) -> Response[bytes]:
    """As many as a file takes, the latest first."""
    wanted = asked(request, EventsAsked)

    async def work(tx: Transaction) -> list[ShownEvent]:
        events: list[ShownEvent] = []
        position: Position | None = None
        while len(events) < sheet.MOST_ROWS:
            found = await _found(tx, request, wanted, position, _SHEET_PAGE)
            events += found.events
            position = found.reached
            if position is None:
                break
        return events

    headings = [
        "web_when",
        "web_event_kind",
        "web_event_code",
        "web_by_whom",
        "web_loan",
        "web_hold",
        "web_item",
        "web_subject",
        "web_dimensions",
    ]
    rows = [_row(event, request) for event in await request.read(work)]
    return sheet.sheet(request, "events", headings, rows)


def _row(event: ShownEvent, request: WebRequest) -> list[sheet.Cell]:
    return [
        event.at,
        said(event.kind, request),
        event.kind,
        event.actor.value,
        event.loan,
        event.hold,
        event.item,
        event.subject,
        ", ".join(f"{name}={value}" for name, value in event.dimensions.items() if value is not None),
    ]


router = Router(path="/", route_handlers=[events_as_sheet, show_events])
