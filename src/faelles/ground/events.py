"""The append-only event log: what happened, in an order that concurrent commits cannot upset.

Every change appends its event in its own transaction. A sequence number says when an event was *written*, not when
it was *committed*, so a reader that trusts it skips what commits late. Each event therefore stores its transaction
id, and a reader takes only what lies below the oldest transaction still running, in (epoch, xid, id) order. The
epoch grows when the database is restored into another cluster, where transaction ids start over.
Decision: docs/decisions/event-log.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import msgspec

from faelles.ground.database.transaction import Database, Row, Transaction
from faelles.ground.ids import AccountId, AgencyId, EventId, HoldId, ItemId, LoanId

Dimension = str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact to append. It never names a patron: it refers to a loan, hold, item or account, and what statistics
    need to know about the person (age band, group) is copied into `dimensions`.
    """

    kind: str
    loan: LoanId | None = None
    hold: HoldId | None = None
    item: ItemId | None = None
    account: AccountId | None = None
    subject: int | None = None
    """The id of whatever else the event is about (a rule, a branch, a record), by the kind of the event."""
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)


class RecordedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a reader sees it."""

    id: EventId
    agency: AgencyId
    at: datetime
    actor: str
    kind: str
    loan: LoanId | None
    hold: HoldId | None
    item: ItemId | None
    account: AccountId | None
    subject: int | None
    dimensions: dict[str, Dimension]


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What is not given is not filtered by. `kind` with a `*` at its end: all that begin so."""

    kind: str | None = None
    loan: int | None = None
    hold: int | None = None
    item: int | None = None
    branch: int | None = None
    """As the event's dimensions say it, or as its subject where it is about a branch."""
    since: datetime | None = None
    until: datetime | None = None


class EventsFound(msgspec.Struct, frozen=True, kw_only=True):
    """The latest first. `reached`: how far back was looked; None at the beginning of the log, or of the period."""

    events: list[RecordedEvent]
    reached: "Position | None"
    reached_at: datetime | None


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Position(msgspec.Struct, frozen=True):
    """How far a reader has come in its agency's log: past this event. The default is before all."""

    epoch: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 0
    xid: _Count = 0
    event: _Count = 0


_AFTER_ALL = Position(2**31 - 1, 2**63 - 1, 2**63 - 1)

_APPEND = """
INSERT INTO event (agency_id, at, actor, kind, loan_id, hold_id, item_id, account_id, subject_id, dimensions)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)
"""

# Ordered by the table's own xid: a bare name would mean the text that is selected, in which 1000 comes before 999.
_READ = """
SELECT epoch, xid::text AS xid, id, agency_id, at, actor, kind, loan_id, hold_id, item_id, account_id, subject_id,
       dimensions::text AS dimensions
  FROM event
 WHERE agency_id = $1
   AND (epoch, xid, id) > ($2, $3::text::xid8, $4)
   AND (epoch < current_epoch() OR xid < pg_snapshot_xmin(pg_current_snapshot()))
 ORDER BY event.agency_id, event.epoch, event.xid, event.id
 LIMIT $5
"""

# Backwards, and no further than so many events: a rare kind costs no more than a common one.
_SEARCH = """
WITH looked AS MATERIALIZED (
    SELECT epoch, xid, id, agency_id, at, actor, kind, loan_id, hold_id, item_id, account_id, subject_id, dimensions
      FROM event
     WHERE agency_id = $1
       AND (epoch, xid, id) < ($2, $3::text::xid8, $4)
       AND at >= COALESCE($5, '-infinity'::timestamptz) AND at < COALESCE($6, 'infinity'::timestamptz)
     ORDER BY epoch DESC, xid DESC, id DESC
     LIMIT $7
), found AS (
    SELECT *
      FROM looked
     WHERE ($8::text IS NULL OR kind = $8 OR (right($8, 1) = '*' AND starts_with(kind, rtrim($8, '*'))))
       AND ($9::bigint IS NULL OR loan_id = $9)
       AND ($10::bigint IS NULL OR hold_id = $10)
       AND ($11::bigint IS NULL OR item_id = $11)
       AND ($12::bigint IS NULL OR dimensions ->> 'branch' = $12::text
            OR (starts_with(kind, 'branch') AND subject_id = $12))
     ORDER BY epoch DESC, xid DESC, id DESC
     LIMIT $13
)
SELECT r.epoch AS reached_epoch, r.xid::text AS reached_xid, r.id AS reached_id, r.at AS reached_at,
       (SELECT count(*) FROM looked) AS looked,
       f.epoch, f.xid::text AS xid, f.id, f.agency_id, f.at, f.actor, f.kind, f.loan_id, f.hold_id, f.item_id,
       f.account_id, f.subject_id, f.dimensions::text AS dimensions
  FROM (SELECT epoch, xid, id, at FROM looked ORDER BY epoch, xid, id LIMIT 1) AS r
  LEFT JOIN found AS f ON true
 ORDER BY f.epoch DESC, f.xid DESC, f.id DESC
"""

_POSITION = """
SELECT epoch, xid::text AS xid, event_id
  FROM event_reader
 WHERE agency_id = $1 AND reader = $2
   FOR NO KEY UPDATE
"""

_START = """
INSERT INTO event_reader (agency_id, reader) VALUES ($1, $2) ON CONFLICT (agency_id, reader) DO NOTHING
"""

_ADVANCE = """
UPDATE event_reader
   SET epoch = $3, xid = $4::text::xid8, event_id = $5, moved_at = $6
 WHERE agency_id = $1 AND reader = $2
"""


_UNREAD = "SELECT agency_id FROM agencies_with_unread_events($1, $2) AS agency_id"


async def append(tx: Transaction, *events: Event) -> None:
    """Append `events`, in this order, to the log of the transaction's agency."""
    if not events:
        return
    await tx.execute_many(_APPEND, [_values(tx, event) for event in events])


def _values(tx: Transaction, event: Event) -> tuple[object, ...]:
    return (
        tx.agency,
        tx.now,
        tx.actor.told,
        event.kind,
        event.loan,
        event.hold,
        event.item,
        event.account,
        event.subject,
        msgspec.json.encode(event.dimensions).decode(),
    )


async def read_next(tx: Transaction, reader: str, *, limit: int = 500) -> list[RecordedEvent]:
    """The next events of the transaction's agency that `reader` has not seen, and move its position past them.

    The position moves in the same transaction as whatever the caller does with the events, so a crash in between
    neither loses nor repeats one. Two processes under one reader's name wait for each other.
    """
    await tx.execute(_START, tx.agency, reader)
    row = await tx.row(_POSITION, tx.agency, reader)
    if row is None:
        return []
    found, reached = await read_after(tx, _position(row, "event_id"), limit=limit)
    if found:
        await tx.execute(_ADVANCE, tx.agency, reader, reached.epoch, str(reached.xid), reached.event, tx.now)
    return found


async def read_after(tx: Transaction, position: Position, *, limit: int) -> tuple[list[RecordedEvent], Position]:
    """The next events of the transaction's agency after `position`, and the position of the last of them (or the one
    given): for a reader that keeps its place itself.
    """
    rows = await tx.rows(_READ, tx.agency, position.epoch, str(position.xid), position.event, limit)
    reached = _position(rows[-1], "id") if rows else position
    return [_recorded(row) for row in rows], reached


async def search(
    tx: Transaction, wanted: EventFilter, *, before: Position | None, limit: int, look_through: int
) -> EventsFound:
    """The transaction's agency's events from before a position backwards, for people who look something up."""
    start = before or _AFTER_ALL
    rows = await tx.rows(
        _SEARCH,
        tx.agency,
        start.epoch,
        str(start.xid),
        start.event,
        wanted.since,
        wanted.until,
        look_through,
        wanted.kind,
        wanted.loan,
        wanted.hold,
        wanted.item,
        wanted.branch,
        limit,
    )
    found = [row for row in rows if row["id"] is not None]
    if len(found) == limit:
        return EventsFound(
            events=[_recorded(row) for row in found], reached=_position(found[-1], "id"), reached_at=found[-1]["at"]
        )
    is_end = not rows or rows[0]["looked"] < look_through
    last = None if is_end else Position(rows[0]["reached_epoch"], int(rows[0]["reached_xid"]), rows[0]["reached_id"])
    return EventsFound(
        events=[_recorded(row) for row in found], reached=last, reached_at=rows[0]["reached_at"] if last else None
    )


async def agencies_with_unread(database: Database, reader: str, agencies: Sequence[AgencyId]) -> list[AgencyId]:
    """Those of `agencies` in whose logs something stands that `reader` has not seen."""
    rows = await database.outside_agencies(_UNREAD, reader, list(agencies))
    return [AgencyId(row["agency_id"]) for row in rows]


def _position(row: Row, event: str) -> Position:
    return Position(epoch=row["epoch"], xid=int(row["xid"]), event=row[event])


def _recorded(row: Row) -> RecordedEvent:
    return RecordedEvent(
        id=row["id"],
        agency=row["agency_id"],
        at=row["at"],
        actor=row["actor"],
        kind=row["kind"],
        loan=row["loan_id"],
        hold=row["hold_id"],
        item=row["item_id"],
        account=row["account_id"],
        subject=row["subject_id"],
        dimensions=msgspec.json.decode(row["dimensions"], type=dict[str, Dimension]),
    )
