"""The agency's events over REST, for a reader that keeps its own place."""

from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import cursor, read_cursor
from faelles.doors.rest.parameters import After, QueryText
from faelles.doors.rest.request import ApiRequest
from faelles.ground.events import Position
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


router = Router(path="/", route_handlers=[list_events], tags=["events"])
