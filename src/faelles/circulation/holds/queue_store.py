"""The SQL of matching: dirty titles are taken, loaded in two queries, and what changes is written.

Nothing here waits for a lock: a title whose queue somebody has just now keeps its mark, and so does one whose copy is
being lent at this moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.holds.matching import Assigned, WhyNot
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId, BranchId, HoldId, ItemId, RecordId
from faelles.ground.jsonb import as_json

MARKS_AT_ONCE: Final = 200
"""Enough to share the loads, few enough that a queue is not held for long."""

_TAKE_MARKS = """
SELECT id, record_id
  FROM dirty_title
 WHERE agency_id = $1
 ORDER BY id
 LIMIT $2
   FOR UPDATE SKIP LOCKED
"""
_PUT_OLDEST_LAST = """
WITH oldest AS (
    DELETE FROM dirty_title
     WHERE agency_id = $1
       AND id = (SELECT id FROM dirty_title WHERE agency_id = $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING record_id
)
INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT $1, record_id, $2 FROM oldest RETURNING record_id
"""
_AGENCIES_WITH_MARKS = "SELECT agency_id FROM agencies_with_dirty_titles() AS marked (agency_id)"
_MARK_ALL_WAITING = """
INSERT INTO dirty_title (agency_id, record_id, marked_at)
SELECT $1, record_id, $2
  FROM hold
 WHERE agency_id = $1 AND closed_at IS NULL AND state IN ('pending', 'matched')
 GROUP BY record_id
 ORDER BY record_id
"""
_LOCK_TITLES = """
SELECT t.record_id, pg_try_advisory_xact_lock(title_lock($1, t.record_id)) AS is_locked
  FROM unnest($2::bigint[]) AS t (record_id)
 WHERE EXISTS (SELECT FROM waiting_hold AS w WHERE w.agency_id = $1 AND w.record_id = t.record_id)
"""
_MERGED_AWAY = """
SELECT t.record_id, current_title(t.record_id) AS successor_id
  FROM title AS t
 WHERE t.record_id = ANY ($2::bigint[])
   AND t.successor_id IS NOT NULL
   AND EXISTS (SELECT FROM hold AS h
                WHERE h.agency_id = $1 AND h.record_id = t.record_id AND h.closed_at IS NULL)
"""
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(title_lock($1, $2))"
_FOLLOW = "SELECT follow_successor($1, $2, $3, $4, $5)"
_CLEAR_MARKS = "DELETE FROM dirty_title WHERE agency_id = $1 AND id = ANY ($2::bigint[])"
_READ_QUEUES = """
SELECT json_agg(facts ORDER BY record_id, rank)::text
  FROM waiting_hold
 WHERE agency_id = $1 AND record_id = ANY ($2::bigint[])
"""
_READ_ON = """
SELECT json_agg(facts ORDER BY rank)::text
  FROM (SELECT facts, rank FROM waiting_hold
         WHERE agency_id = $1 AND record_id = $2 AND rank > $3 ORDER BY rank LIMIT $4) AS next
"""
_READ_SUPPLY = """
SELECT COALESCE(json_agg(json_build_array(record_id, facts) ORDER BY record_id, item_id), '[]')::text
  FROM hold_supply
 WHERE agency_id = $1 AND record_id = ANY ($2::bigint[])
"""
_LOCK_FREE_ITEMS = """
SELECT item_id
  FROM item_circulation
 WHERE agency_id = $1 AND item_id = ANY ($2::bigint[]) AND state = 'available'
 ORDER BY item_id
   FOR NO KEY UPDATE SKIP LOCKED
"""
_FLOAT_GROUPS = """
SELECT array_agg(branch_id) AS branches FROM float_member WHERE agency_id = $1 GROUP BY group_id ORDER BY group_id
"""
_LOCK_HOLDS = """
SELECT id FROM hold WHERE agency_id = $1 AND id = ANY ($2::bigint[]) AND closed_at IS NULL ORDER BY id FOR NO KEY UPDATE
"""
_RELEASE = """
WITH released AS (
    UPDATE hold AS h
       SET state = 'pending', item_id = NULL, claimed_by = NULL, claimed_until = NULL
      FROM unnest($2::bigint[], $3::text[]) AS gone (hold_id, why)
     WHERE h.agency_id = $1 AND h.id = gone.hold_id AND h.state = 'matched'
    RETURNING h.id, h.record_id, gone.why
)
INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, outcome, details)
SELECT $1, $4, record_id, id, 'released', jsonb_build_object('why', why) FROM released ORDER BY id
"""
_ASSIGN = """
WITH planned AS (
    SELECT hold_id, item_id, details
      FROM jsonb_to_recordset($2::text::jsonb) AS p (hold_id bigint, item_id bigint, details jsonb)
), matched AS (
    UPDATE hold AS h
       SET state = 'matched', item_id = p.item_id
      FROM planned AS p
     WHERE h.agency_id = $1 AND h.id = p.hold_id AND h.state = 'pending'
    RETURNING h.id, h.record_id, h.item_id, h.pickup_branch_id, p.details
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
    SELECT $1, $3, $4, 'hold.matched', id, item_id,
           details || jsonb_build_object('branch', pickup_branch_id, 'record', record_id)
      FROM matched ORDER BY id
)
INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
SELECT $1, $3, record_id, id, item_id, 'matched', details FROM matched ORDER BY id
"""
_NOTE_HOPES = """
UPDATE hold AS h
   SET nothing_fills = found.why,
       nothing_fills_since = CASE WHEN found.why IS NOT NULL THEN COALESCE(h.nothing_fills_since, $4) END
  FROM unnest($2::bigint[], $3::text[]) AS found (hold_id, why)
 WHERE h.agency_id = $1 AND h.id = found.hold_id AND h.closed_at IS NULL
"""

_queues = msgspec.json.Decoder(list[Waiting])
_line = msgspec.json.Decoder(tuple[Waiting, ...])
_supply = msgspec.json.Decoder(list[tuple[RecordId, Copy]])


@dataclass(frozen=True, slots=True)
class Mark:
    id: int
    record: RecordId


class LineAndCopies(NamedTuple):
    """All who wait for a title, by rank, and all its copies."""

    queue: list[Waiting]
    copies: list[Copy]


async def take_marks(tx: Transaction, most: int) -> list[Mark]:
    """The oldest marks that no other matcher has in hand."""
    return [Mark(row["id"], row["record_id"]) for row in await tx.rows(_TAKE_MARKS, tx.agency, most)]


async def put_oldest_last(tx: Transaction) -> RecordId | None:
    """Move the oldest mark to the end of the line; its title."""
    row = await tx.row(_PUT_OLDEST_LAST, tx.agency, tx.now)
    return row["record_id"] if row else None


async def mark_all_waiting(tx: Transaction) -> int:
    """Have every title matched that somebody waits for; how many."""
    return await tx.execute(_MARK_ALL_WAITING, tx.agency, tx.now)


async def agencies_with_marks(database: Database) -> list[AgencyId]:
    return [AgencyId(row["agency_id"]) for row in await database.outside_agencies(_AGENCIES_WITH_MARKS)]


async def lock_titles(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, bool]:
    """Those of `records` that somebody waits for, and whether their queue is ours."""
    return {row["record_id"]: row["is_locked"] for row in await tx.rows(_LOCK_TITLES, tx.agency, list(records))}


async def follow_successors(tx: Transaction, records: Sequence[RecordId]) -> set[RecordId]:
    """Move the queues of those of `records` that were merged into others; those that have to be tried again, because
    somebody has one of the two queues.
    """
    busy = set()
    for row in await tx.rows(_MERGED_AWAY, tx.agency, list(records)):
        record, successor = row["record_id"], row["successor_id"]
        if all([await tx.value(_TRY_LOCK, tx.agency, title) for title in (record, successor)]):
            await tx.value(_FOLLOW, tx.agency, record, successor, tx.now, tx.actor.told)
        else:
            busy.add(record)
    return busy


async def clear_marks(tx: Transaction, marks: Sequence[int]) -> None:
    await tx.execute(_CLEAR_MARKS, tx.agency, list(marks))


async def read_titles(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, LineAndCopies]:
    """What matching decides each of the titles from; in the order of `records`."""
    titles = {record: LineAndCopies([], []) for record in records}
    for waiting in await read_queues(tx, records):
        titles[waiting.record].queue.append(waiting)
    for record, copy in await read_supply(tx, records):
        titles[record].copies.append(copy)
    return titles


async def read_queues(tx: Transaction, records: Sequence[RecordId]) -> list[Waiting]:
    """All who wait for the titles, by title and rank."""
    found: str | None = await tx.value(_READ_QUEUES, tx.agency, list(records))
    return _queues.decode(found) if found else []


async def read_on(tx: Transaction, record: RecordId, after: int, limit: int) -> tuple[Waiting, ...]:
    """Those who wait for a title behind the rank `after`, so many at most."""
    found: str | None = await tx.value(_READ_ON, tx.agency, record, after, limit)
    return _line.decode(found) if found else ()


async def read_supply(tx: Transaction, records: Sequence[RecordId]) -> list[tuple[RecordId, Copy]]:
    """All copies of the titles."""
    return _supply.decode(await tx.value(_READ_SUPPLY, tx.agency, list(records)))


async def lock_free_items(tx: Transaction, items: Sequence[ItemId]) -> set[ItemId]:
    """Those of `items` that stand on a shelf and that nobody has in hand."""
    return {row["item_id"] for row in await tx.rows(_LOCK_FREE_ITEMS, tx.agency, list(items))}


async def float_groups(tx: Transaction) -> tuple[frozenset[BranchId], ...]:
    """The branches that share their stock."""
    return tuple(frozenset(row["branches"]) for row in await tx.rows(_FLOAT_GROUPS, tx.agency))


async def lock_holds(tx: Transaction, holds: Sequence[HoldId]) -> None:
    """All at once and by their number, as whoever fills one of a parallel order locks them."""
    if holds:
        await tx.execute(_LOCK_HOLDS, tx.agency, list(holds))


async def release(tx: Transaction, holds: Sequence[tuple[HoldId, str]]) -> None:
    """Plan these copies for somebody else, or nobody; `holds` with the reason of each."""
    if holds:
        await tx.execute(_RELEASE, tx.agency, [hold for hold, _ in holds], [why for _, why in holds], tx.now)


async def assign(tx: Transaction, planned: Sequence[Assigned]) -> None:
    """Plan a copy for each of these holds, on record with the reason."""
    if planned:
        rows = [{"hold_id": each.hold, "item_id": each.item, "details": _details(each)} for each in planned]
        await tx.execute(_ASSIGN, tx.agency, as_json(rows), tx.now, tx.actor.told)


async def note_hopes(tx: Transaction, holds: Sequence[tuple[HoldId, WhyNot | None]]) -> None:
    """Note why no copy will ever fill a hold, or (None) that one may."""
    if holds:
        await tx.execute(_NOTE_HOPES, tx.agency, [hold for hold, _ in holds], [why for _, why in holds], tx.now)


def _details(assigned: Assigned) -> dict[str, str | int]:
    details: dict[str, str | int] = {"reach": assigned.cost.reach.value, "days": assigned.cost.days}
    if assigned.as_local:
        details["as_local"] = True
    if assigned.over is not None:
        details |= {"next_reach": assigned.over.reach.value, "next_days": assigned.over.days}
    return details
