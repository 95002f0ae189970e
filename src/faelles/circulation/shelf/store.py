"""The SQL of the hold shelf as it stands."""

from faelles.circulation.desk.issues import issue_of
from faelles.circulation.shelf.model import ClearedBecause, ClearedFor, OnShelf, ToClear
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId

_ON_SHELF = """
SELECT s.number, s.item_id, c.number AS item_number, t.title,
       (CASE WHEN c.issue_id IS NOT NULL THEN issue_named(c.issue_id) END)::text AS issue, s.hold_id,
       s.put_there_at, s.pickup_deadline
  FROM copy_on_hold_shelf AS s
  JOIN copy AS c ON c.agency_id = s.agency_id AND c.item_id = s.item_id
  JOIN title AS t ON t.record_id = c.record_id
 WHERE s.agency_id = $1 AND s.branch_id = $2 AND s.is_for_somebody AND s.number > $3
 ORDER BY s.number
 LIMIT $4
"""
_TO_CLEAR = """
SELECT s.number, s.item_id, c.number AS item_number, t.title,
       (CASE WHEN c.issue_id IS NOT NULL THEN issue_named(c.issue_id) END)::text AS issue, s.hold_id,
       h.closed_why, (h.item_id = s.item_id) IS TRUE AS is_still_its, c.withdrawn_at IS NOT NULL AS is_withdrawn,
       s.put_there_at, b.hold_id AS next_hold, b.pickup_branch_id AS next_pickup,
       EXISTS (SELECT FROM hold AS w
                WHERE w.agency_id = c.agency_id AND w.record_id = c.record_id AND w.closed_at IS NULL
                  AND w.state IN ('pending', 'matched')
                  AND would_fill(w, c.item_id, c.issue_id, c.material_group_id)) AS somebody_waits
  FROM copy_on_hold_shelf AS s
  JOIN hold AS h ON h.agency_id = s.agency_id AND h.id = s.hold_id
  JOIN copy AS c ON c.agency_id = s.agency_id AND c.item_id = s.item_id
  JOIN title AS t ON t.record_id = c.record_id
  LEFT JOIN bound_copy AS b ON b.agency_id = s.agency_id AND b.item_id = s.item_id
 WHERE s.agency_id = $1 AND s.branch_id = $2 AND NOT s.is_for_somebody AND s.number > $3
 ORDER BY s.number
 LIMIT $4
"""


async def on_shelf(tx: Transaction, branch: BranchId, *, after: int, limit: int) -> list[OnShelf]:
    return [
        OnShelf(
            number=row["number"],
            item=row["item_id"],
            item_number=row["item_number"],
            title=row["title"],
            issue=issue_of(row),
            hold=row["hold_id"],
            since=row["put_there_at"],
            pickup_deadline=row["pickup_deadline"],
        )
        for row in await tx.rows(_ON_SHELF, tx.agency, branch, after, limit)
    ]


async def to_clear(tx: Transaction, branch: BranchId, *, after: int, limit: int) -> list[ToClear]:
    return [
        ToClear(
            number=row["number"],
            item=row["item_id"],
            item_number=row["item_number"],
            title=row["title"],
            issue=issue_of(row),
            hold=row["hold_id"],
            why=_why(row),
            since=row["put_there_at"],
            goes_to=_goes_to(row),
            next_hold=row["next_hold"],
            next_pickup=row["next_pickup"],
        )
        for row in await tx.rows(_TO_CLEAR, tx.agency, branch, after, limit)
    ]


def _why(row: Row) -> str:
    """A hold that has let go of the copy may have ended since for reasons of its own."""
    if row["is_still_its"]:
        return row["closed_why"] or ClearedBecause.MOVED
    return ClearedBecause.WITHDRAWN if row["is_withdrawn"] else ClearedBecause.PUT_BACK


def _goes_to(row: Row) -> ClearedFor:
    if row["is_withdrawn"]:
        return ClearedFor.WITHDRAWAL
    if row["next_hold"] is not None:
        return ClearedFor.NEXT_IN_LINE
    return ClearedFor.SOMEBODY_WAITS if row["somebody_waits"] else ClearedFor.NOBODY
