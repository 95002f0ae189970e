"""The agency's events over REST, for a reader that keeps its own place."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromQuery, QueryParameter

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, cursor, read_cursor
from faelles.doors.rest.parameters import After, Limit, QueryId, QueryText
from faelles.doors.rest.request import ApiRequest
from faelles.ground.errors import invalid_field
from faelles.ground.events import EventFilter, Position
from faelles.people.event_log import operations
from faelles.people.event_log.model import MOST, ShownEvent
from faelles.people.model import Permission

ManyEvents = Annotated[int, QueryParameter(ge=1, le=MOST, description="How many events to look through at most.")]


class EventPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next` goes into `after` of the next request, also when nothing was found: keep it, and ask again later."""

    items: list[ShownEvent]
    next: str
    is_end: bool
    """Nothing more is there yet."""


@get("/events", opt=guarded(Permission.EVENT_READ, example=Example()), summary="What happened, from a position on")
async def list_events(
    request: ApiRequest, kind: QueryText = None, limit: ManyEvents = MOST, after: After = None
) -> EventPage:
    """Every event once and in one order, whoever commits late. With `kind` the others among those looked through are
    left out, so a page may be empty before the end.
    """
    start = read_cursor(after, Position) or Position()
    read = await request.read(
        lambda tx: operations.read_events(tx, request.caller, after=start, kind=kind, limit=limit)
    )
    return EventPage(items=read.events, next=cursor(read.reached), is_end=read.is_end)


@get("/events/search", opt=guarded(Permission.EVENT_READ, example=Example()), summary="Looking something up, backwards")
async def search_events(
    request: ApiRequest,
    kind: QueryText = None,
    loan: QueryId = None,
    hold: QueryId = None,
    item: QueryId = None,
    branch: QueryId = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ShownEvent]:
    """The latest first. A search goes some way back at a time: a page may be empty and still have a `next`. `kind` may
    end in `*`: all that begin so.
    """
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise invalid_field(name, "moment_needs_zone")
    wanted = EventFilter(kind=kind, loan=loan, hold=hold, item=item, branch=branch, since=since, until=until)
    start = read_cursor(after, Position)
    found = await request.read(
        lambda tx: operations.search_events(tx, request.caller, wanted, before=start, limit=limit)
    )
    return Page(items=found.events, next=None if found.reached is None else cursor(found.reached))


router = Router(path="/", route_handlers=[list_events, search_events], tags=["events"])
