"""The SQL of reading holds: by patron, title and pickup branch; the log of matching; what a wait is reckoned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.issues import issue_of
from faelles.circulation.holds.model import ClosedWhy, HoldShown, MatchLogEntry, Target
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId, DivisionId, HoldId, ItemId, PatronId, RecordId

_SHOWN = """
SELECT h.id, h.target, h.record_id, t.title, t.creators, t.material_type, h.issue_id,
       (CASE WHEN h.issue_id IS NOT NULL THEN issue_named(h.issue_id) END)::text AS issue, w.number AS wanted_number,
       h.wanted_group_id, h.transaction_id, h.is_parallel, h.division_id, p.patron_id, h.pickup_branch_id, h.state,
       h.placed_at, h.active_from, h.interest_until, h.rank, h.item_id, c.number AS item_number, h.shelf_number,
       h.pickup_deadline, h.nothing_fills, h.closed_at, h.closed_why, queue.position, queue.waiting
  FROM hold AS h
  JOIN title AS t ON t.record_id = h.record_id
  LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
  LEFT JOIN copy AS w ON w.agency_id = h.agency_id AND w.item_id = h.wanted_item_id
  LEFT JOIN copy AS c ON c.agency_id = h.agency_id AND c.item_id = h.item_id
  LEFT JOIN LATERAL (
           SELECT count(*) AS waiting, count(*) FILTER (WHERE q.rank <= h.rank) AS position
             FROM hold AS q
            WHERE q.agency_id = h.agency_id AND q.record_id = h.record_id AND q.closed_at IS NULL
              AND q.state IN ('pending', 'matched')
              AND compete(q.issue_id, q.wanted_item_id, h.issue_id, h.wanted_item_id)) AS queue
         ON h.closed_at IS NULL AND h.state IN ('pending', 'matched')
"""
_FIND = f"{_SHOWN} WHERE h.agency_id = $1 AND h.id = $2"
_OF_LIST = f"{_SHOWN} WHERE h.agency_id = $1 AND h.id = ANY ($2::bigint[]) ORDER BY h.id"
_PLACED_BY = """
SELECT EXISTS (SELECT FROM hold WHERE agency_id = $1 AND id = $2 AND placed_by_client = $3)
"""
_IS_OF = """
SELECT EXISTS (SELECT FROM hold_patron WHERE agency_id = $1 AND hold_id = $2 AND patron_id = $3)
"""
_OF_PATRON = f"""{_SHOWN}
 WHERE h.agency_id = $1
   AND h.id IN (SELECT o.hold_id FROM hold_patron AS o
                 WHERE o.agency_id = $1 AND o.patron_id = $2 AND o.is_open = $3 AND o.hold_id > $5)
   AND ($4::integer[] IS NULL OR h.division_id = ANY ($4))
 ORDER BY h.id
 LIMIT $6
"""
# The place in the queue is counted by the caller: for a page in the order of ranks that is one number.
_OF_TITLE = f"""{_SHOWN}
 WHERE h.agency_id = $1 AND h.record_id = $2 AND h.closed_at IS NULL AND h.rank > $4
   AND ($3::integer[] IS NULL OR h.division_id = ANY ($3))
 ORDER BY h.rank
 LIMIT $5
"""
_OF_BRANCH = f"""{_SHOWN}
 WHERE h.agency_id = $1 AND h.pickup_branch_id = $2 AND h.closed_at IS NULL AND h.id > $4
   AND ($3::text[] IS NULL OR h.state = ANY ($3))
 ORDER BY h.id
 LIMIT $5
"""
_LOG = """
SELECT l.at, l.outcome, l.item_id, c.number AS item_number, l.details::text AS details
  FROM hold_match_log AS l
  LEFT JOIN copy AS c ON c.agency_id = l.agency_id AND c.item_id = l.item_id
 WHERE l.agency_id = $1 AND l.hold_id = $2
 ORDER BY l.id DESC
 LIMIT $3
"""
_DUE = """
SELECT item_id, due_on FROM open_loan WHERE agency_id = $1 AND item_agency_id = $1 AND item_id = ANY ($2::bigint[])
"""
_RETURNED_SINCE = """
SELECT item_id, count(*) AS returned
  FROM loan
 WHERE agency_id = $1 AND item_id = ANY ($2::bigint[]) AND closed_at >= $3 AND closed_how = 'returned'
 GROUP BY item_id
"""
_COUNT_WAITING = """
SELECT count(*)
  FROM copy AS c
  JOIN hold AS h ON h.agency_id = $1 AND h.record_id = c.record_id
 WHERE c.agency_id = $1 AND c.item_id = $2 AND h.closed_at IS NULL AND h.state IN ('pending', 'matched')
   AND would_fill(h, c.item_id, c.issue_id, c.material_group_id)
   AND NOT EXISTS (SELECT FROM hold_patron AS p
                    WHERE p.agency_id = $1 AND p.hold_id = h.id AND p.patron_id = $3)
"""
_HAS_READY = """
SELECT EXISTS (SELECT
                 FROM hold_patron AS p
                 JOIN hold AS h ON h.agency_id = $1 AND h.id = p.hold_id
                WHERE p.agency_id = $1 AND p.patron_id = $2 AND p.is_open AND h.state = 'ready')
"""


@dataclass(frozen=True, slots=True)
class FoundHold:
    """A hold, the division it belongs to, and its rank, after which a page of a queue goes on."""

    shown: HoldShown
    division: DivisionId
    rank: int


async def is_placed_by(tx: Transaction, hold: HoldId, client: int) -> bool:
    return bool(await tx.value(_PLACED_BY, tx.agency, hold, client))


async def is_of(tx: Transaction, hold: HoldId, patron: PatronId) -> bool:
    return bool(await tx.value(_IS_OF, tx.agency, hold, patron))


async def find(tx: Transaction, hold: HoldId) -> FoundHold | None:
    row = await tx.row(_FIND, tx.agency, hold)
    return _found(row) if row else None


async def of_list(tx: Transaction, holds: Sequence[HoldId]) -> list[FoundHold]:
    """Those of `holds` that there are, by id."""
    return [_found(row) for row in await tx.rows(_OF_LIST, tx.agency, list(holds))]


async def of_patron(
    tx: Transaction, patron: PatronId, *, is_open: bool, divisions: list[DivisionId] | None, after: int, limit: int
) -> list[FoundHold]:
    """A patron's holds, open or over, by id."""
    return [_found(row) for row in await tx.rows(_OF_PATRON, tx.agency, patron, is_open, divisions, after, limit)]


async def of_title(
    tx: Transaction, record: RecordId, *, divisions: list[DivisionId] | None, after: int, limit: int
) -> list[FoundHold]:
    """The open holds of a title by rank, those to which a copy is bound among them."""
    return [_found(row) for row in await tx.rows(_OF_TITLE, tx.agency, record, divisions, after, limit)]


async def of_branch(
    tx: Transaction, branch: BranchId, *, states: Sequence[HoldState] | None, after: int, limit: int
) -> list[FoundHold]:
    """The open holds to be picked up at a branch, by id."""
    wanted = None if states is None else [state.value for state in states]
    return [_found(row) for row in await tx.rows(_OF_BRANCH, tx.agency, branch, wanted, after, limit)]


def _found(row: Row) -> FoundHold:
    shown = HoldShown(
        id=row["id"],
        target=Target(row["target"]),
        record=row["record_id"],
        title=row["title"],
        creators=tuple(row["creators"]),
        material_type=row["material_type"],
        issue=row["issue_id"],
        issue_named=issue_of(row),
        wanted_item=row["wanted_number"],
        wanted_group=row["wanted_group_id"],
        transaction=row["transaction_id"],
        is_parallel=row["is_parallel"],
        patron=row["patron_id"],
        pickup=row["pickup_branch_id"],
        state=HoldState(row["state"]),
        placed_at=row["placed_at"],
        active_from=row["active_from"],
        interest_until=row["interest_until"],
        position=row["position"],
        waiting=row["waiting"],
        item=row["item_id"],
        item_number=row["item_number"],
        shelf_number=row["shelf_number"],
        pickup_deadline=row["pickup_deadline"],
        nothing_fills=row["nothing_fills"] if row["state"] == HoldState.PENDING else None,
        closed_at=row["closed_at"],
        closed_why=ClosedWhy(row["closed_why"]) if row["closed_why"] else None,
    )
    return FoundHold(shown=shown, division=row["division_id"], rank=row["rank"])


async def match_log(tx: Transaction, hold: HoldId, limit: int) -> list[MatchLogEntry]:
    """What was decided about a hold, the latest first."""
    return [
        MatchLogEntry(
            at=row["at"],
            outcome=row["outcome"],
            item=row["item_id"],
            item_number=row["item_number"],
            details=msgspec.json.decode(row["details"]),
        )
        for row in await tx.rows(_LOG, tx.agency, hold, limit)
    ]


async def due_days(tx: Transaction, items: Sequence[ItemId]) -> dict[ItemId, date]:
    """When those of `items` that are on loan are due."""
    return {row["item_id"]: row["due_on"] for row in await tx.rows(_DUE, tx.agency, list(items))}


async def returned_since(tx: Transaction, items: Sequence[ItemId], moment: datetime) -> dict[ItemId, int]:
    """How often each of `items` was returned since `moment`; those that never were are left out."""
    rows = await tx.rows(_RETURNED_SINCE, tx.agency, list(items), moment)
    return {row["item_id"]: row["returned"] for row in rows}


async def count_waiting(tx: Transaction, item: ItemId, *, but: PatronId) -> int:
    """How many wait for what a copy could fill, apart from one patron."""
    return int(await tx.value(_COUNT_WAITING, tx.agency, item, but))


async def has_ready(tx: Transaction, patron: PatronId) -> bool:
    """Whether something stands on a hold shelf for the patron."""
    return bool(await tx.value(_HAS_READY, tx.agency, patron))
