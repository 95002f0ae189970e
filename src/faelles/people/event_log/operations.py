"""Reading the agency's events. Permission EVENT_READ, in the whole agency: an event belongs to no one division."""

from faelles.ground.actor import ActorKind
from faelles.ground.database import Transaction
from faelles.ground.events import EventFilter, Position, RecordedEvent, read_after, search
from faelles.people.event_log.model import LOOKED_THROUGH, MOST, EventsRead, EventsSearched, ShownEvent
from faelles.people.model import Caller, Permission


async def read_events(
    tx: Transaction, caller: Caller, *, after: Position, kind: str | None = None, limit: int = MOST
) -> EventsRead:
    """The events after a position, of one kind or (None) of all: at most `limit` are looked through, so that a rare
    kind costs no more than a common one.

    What a transaction still running may come before is held back: whoever goes on from `reached` misses nothing.
    """
    caller.require_throughout(Permission.EVENT_READ)
    found, reached = await read_after(tx, after, limit=limit)
    wanted = [_shown(event) for event in found if kind is None or event.kind == kind]
    return EventsRead(events=wanted, reached=reached, is_end=len(found) < limit)


async def search_events(
    tx: Transaction, caller: Caller, wanted: EventFilter, *, before: Position | None = None, limit: int = 50
) -> EventsSearched:
    """The latest events that fit, from before a position backwards: at most `LOOKED_THROUGH` are looked through, so
    that a search for something rare comes to an end and can be gone on with.
    """
    caller.require_throughout(Permission.EVENT_READ)
    found = await search(tx, wanted, before=before, limit=limit, look_through=LOOKED_THROUGH)
    return EventsSearched(
        events=[_shown(event) for event in found.events], reached=found.reached, reached_at=found.reached_at
    )


def _shown(event: RecordedEvent) -> ShownEvent:
    return ShownEvent(
        id=event.id,
        at=event.at,
        actor=ActorKind(event.actor.partition(":")[0]),
        kind=event.kind,
        loan=event.loan,
        hold=event.hold,
        item=event.item,
        account=event.account,
        subject=event.subject,
        dimensions=event.dimensions,
    )
