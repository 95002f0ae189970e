"""The SQL of journeys, ours within the agency and other municipalities' books on their way home."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from faelles.circulation.transit.model import ForeignShown, JourneyReason, JourneyShown
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import AgencyId, BranchId, HoldId, ItemId, JourneyId, RecordId

_JOURNEYS = """
SELECT j.journey_id, j.item_id, i.number, t.title, j.from_branch_id, j.to_branch_id, j.reason, j.sent_at,
       j.overdue_since, j.crate_id, j.crate_label, j.crate_received_at IS NOT NULL AS crate_received
  FROM journey_under_way AS j
  JOIN copy AS i ON i.agency_id = j.agency_id AND i.item_id = j.item_id
  JOIN title AS t ON t.record_id = i.record_id
"""
_LIST_JOURNEYS = f"""{_JOURNEYS}
 WHERE j.agency_id = $1 AND j.journey_id > $2
   AND ($3::integer IS NULL OR j.from_branch_id = $3)
   AND ($4::integer IS NULL OR j.to_branch_id = $4)
   AND ($5::bigint IS NULL OR j.crate_id = $5)
   AND (NOT $6::boolean OR j.overdue_since IS NOT NULL)
 ORDER BY j.journey_id
 LIMIT $7
"""
_FIND_JOURNEY = f"{_JOURNEYS} WHERE j.agency_id = $1 AND j.journey_id = $2"

# The lock in a statement before the one that reads: who waited for it must not read what was true before.
_LOCK_NUMBERED = """
SELECT w.item_id
  FROM item_circulation AS w
  JOIN copy AS c ON c.agency_id = w.agency_id AND c.item_id = w.item_id
 WHERE w.agency_id = $1 AND c.number = $2
   FOR NO KEY UPDATE OF w
"""
_READ_COPY = """
SELECT w.item_id, c.number, w.state, c.withdrawn_at IS NOT NULL AS is_withdrawn,
       EXISTS (SELECT FROM bound_copy AS b WHERE b.agency_id = w.agency_id AND b.item_id = w.item_id) AS is_bound
  FROM item_circulation AS w
  JOIN copy AS c ON c.agency_id = w.agency_id AND c.item_id = w.item_id
 WHERE w.agency_id = $1 AND w.item_id = $2
"""
_SEND = """
WITH moved AS (
    UPDATE item_circulation SET state = 'in_transit', seen_branch_id = $3, seen_at = $6
     WHERE agency_id = $1 AND item_id = $2
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at)
    SELECT $1, record_id, $6 FROM copy WHERE agency_id = $1 AND item_id = $2
)
INSERT INTO journey (agency_id, item_id, from_branch_id, to_branch_id, reason, sent_at)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""

_OPEN = """
SELECT j.id, j.item_id, j.to_branch_id, j.sent_at, c.record_id
  FROM journey AS j
  JOIN copy AS c ON c.agency_id = j.agency_id AND c.item_id = j.item_id
 WHERE j.agency_id = $1 AND j.ended_at IS NULL
"""
_OPEN_WITHOUT_NOTE = f"{_OPEN} AND j.overdue_since IS NULL ORDER BY j.id"
_NOTE_LATE = """
UPDATE journey SET overdue_since = $3
 WHERE agency_id = $1 AND id = ANY ($2::bigint[]) AND ended_at IS NULL AND overdue_since IS NULL
RETURNING id, item_id, from_branch_id, to_branch_id
"""
_OPEN_AND_LATE = f"{_OPEN} AND j.overdue_since IS NOT NULL ORDER BY c.record_id, j.item_id"
_GIVE_UP = """
WITH ended AS (
    UPDATE journey SET ended_at = $3, ended_how = 'lost'
     WHERE agency_id = $1 AND id = $2 AND ended_at IS NULL
    RETURNING item_id
), gone AS (
    UPDATE item_circulation AS w SET state = 'missing'
      FROM ended WHERE w.agency_id = $1 AND w.item_id = ended.item_id AND w.state = 'in_transit'
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT $1, $4, $3 FROM ended
)
SELECT release_copy($1, item_id, 'lost_in_transit', $3, $5) AS hold_id FROM ended
"""

_ADD_FOREIGN = """
INSERT INTO foreign_journey (agency_id, owner_agency_id, item_number, from_branch_id, found_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency_id, owner_agency_id, item_number) WHERE handed_over_at IS NULL
DO UPDATE SET from_branch_id = excluded.from_branch_id, found_at = excluded.found_at
"""
_FOUND_HERE = """
SELECT id, agency_id, owner_agency_id, item_number, from_branch_id, found_at, handed_over_at
  FROM foreign_journey
 WHERE agency_id = $1 AND id > $2 AND handed_over_at IS NULL AND ($3::integer IS NULL OR from_branch_id = $3)
 ORDER BY id
 LIMIT $4
"""
# Of the finder an owner is told the agency alone; a book that has been seen at home since is no longer on its way.
_COMING_HOME = """
SELECT f.id, f.agency_id, f.owner_agency_id, f.item_number, NULL::integer AS from_branch_id, f.found_at,
       f.handed_over_at
  FROM foreign_journey AS f
  JOIN copy AS c ON c.agency_id = $1 AND c.number = f.item_number
  JOIN item_circulation AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
 WHERE f.owner_agency_id = $1 AND (f.agency_id, f.id) > ($2, $3)
   AND (w.seen_at IS NULL OR w.seen_at < f.found_at)
 ORDER BY f.agency_id, f.id
 LIMIT $4
"""
_FOUND = """
SELECT id, from_branch_id, handed_over_at FROM foreign_journey WHERE agency_id = $1 AND id = ANY ($2::bigint[])
"""
_HAND_OVER = """
UPDATE foreign_journey SET handed_over_at = $4
 WHERE agency_id = $1 AND from_branch_id = $2 AND id = ANY ($3::bigint[]) AND handed_over_at IS NULL
RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCopy:
    item: ItemId
    number: str
    state: str
    is_withdrawn: bool
    is_bound: bool
    """To a hold: it is captured, on its way or on the hold shelf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """An open journey, as the nightly work sees it."""

    id: JourneyId
    item: ItemId
    record: RecordId
    to_branch: BranchId
    sent_at: datetime


async def list_journeys(
    tx: Transaction,
    *,
    from_branch: BranchId | None,
    to_branch: BranchId | None,
    crate: int | None,
    only_overdue: bool,
    after: int,
    limit: int,
) -> list[JourneyShown]:
    """Copies on their way, those that were sent first at the head."""
    rows = await tx.rows(_LIST_JOURNEYS, tx.agency, after, from_branch, to_branch, crate, only_overdue, limit)
    return [_journey(row) for row in rows]


async def journey_begun(tx: Transaction, journey: JourneyId) -> JourneyShown:
    """One that this transaction began."""
    (row,) = await tx.rows(_FIND_JOURNEY, tx.agency, journey)
    return _journey(row)


async def lock_copy(tx: Transaction, number: str) -> LockedCopy | None:
    item = await tx.value(_LOCK_NUMBERED, tx.agency, number)
    row = await tx.row(_READ_COPY, tx.agency, item) if item is not None else None
    if row is None:
        return None
    return LockedCopy(
        item=row["item_id"],
        number=row["number"],
        state=row["state"],
        is_withdrawn=row["is_withdrawn"],
        is_bound=row["is_bound"],
    )


async def send(tx: Transaction, item: ItemId, start: BranchId, end: BranchId, reason: JourneyReason) -> JourneyId:
    """Start the journey of a copy that is locked and on none; its title is matched anew without it."""
    return JourneyId(await tx.value(_SEND, tx.agency, item, start, end, reason.value, tx.now))


async def open_without_note(tx: Transaction) -> list[Underway]:
    return [_underway(row) for row in await tx.rows(_OPEN_WITHOUT_NOTE, tx.agency)]


async def note_late(tx: Transaction, journeys: Sequence[JourneyId]) -> list[Row]:
    """Those of `journeys` that are late from now on and were not before."""
    return await tx.rows(_NOTE_LATE, tx.agency, list(journeys), tx.now) if journeys else []


async def open_and_late(tx: Transaction) -> list[Underway]:
    return [_underway(row) for row in await tx.rows(_OPEN_AND_LATE, tx.agency)]


async def give_up(tx: Transaction, journey: JourneyId, record: RecordId) -> tuple[bool, HoldId | None]:
    """End a journey as lost, unless it has ended; whether it did, and the hold that waits again."""
    row = await tx.row(_GIVE_UP, tx.agency, journey, tx.now, record, tx.actor.told)
    return (True, row["hold_id"]) if row else (False, None)


async def add_foreign(tx: Transaction, owner: AgencyId, item_number: str, branch: BranchId) -> None:
    """A book of another agency waits here for a driver; seen again it is still one book."""
    await tx.execute(_ADD_FOREIGN, tx.agency, owner, item_number, branch, tx.now)


async def found_here(tx: Transaction, branch: BranchId | None, *, after: int, limit: int) -> list[ForeignShown]:
    return [_foreign(row) for row in await tx.rows(_FOUND_HERE, tx.agency, after, branch, limit)]


async def coming_home(tx: Transaction, *, after: tuple[int, int], limit: int) -> list[ForeignShown]:
    """Our books that other agencies found; `after` is the finder and the id of the last one shown."""
    return [_foreign(row) for row in await tx.rows(_COMING_HOME, tx.agency, *after, limit)]


async def hand_over(tx: Transaction, branch: BranchId, books: Sequence[int]) -> set[int]:
    """Those of `books` that waited at the branch and are the driver's now."""
    return {row["id"] for row in await tx.rows(_HAND_OVER, tx.agency, branch, list(books), tx.now)}


@dataclass(frozen=True, slots=True)
class FoundBook:
    """Where a foreign book was scanned last, and whether a driver has taken it."""

    branch: BranchId
    is_handed_over: bool


async def found_books(tx: Transaction, books: Sequence[int]) -> dict[int, FoundBook]:
    """Those of `books` that there are, by id."""
    return {
        row["id"]: FoundBook(row["from_branch_id"], row["handed_over_at"] is not None)
        for row in await tx.rows(_FOUND, tx.agency, list(books))
    }


def _journey(row: Row) -> JourneyShown:
    return JourneyShown(
        id=row["journey_id"],
        item=row["item_id"],
        item_number=row["number"],
        title=row["title"],
        from_branch=row["from_branch_id"],
        to_branch=row["to_branch_id"],
        reason=JourneyReason(row["reason"]),
        sent_at=row["sent_at"],
        overdue_since=row["overdue_since"],
        crate=row["crate_id"],
        crate_label=row["crate_label"],
        crate_received=row["crate_received"],
    )


def _underway(row: Row) -> Underway:
    return Underway(
        id=row["id"],
        item=row["item_id"],
        record=row["record_id"],
        to_branch=row["to_branch_id"],
        sent_at=row["sent_at"],
    )


def _foreign(row: Row) -> ForeignShown:
    return ForeignShown(
        id=row["id"],
        finder=row["agency_id"],
        owner=row["owner_agency_id"],
        item_number=row["item_number"],
        found_at_branch=row["from_branch_id"],
        found_at=row["found_at"],
        handed_over_at=row["handed_over_at"],
    )
