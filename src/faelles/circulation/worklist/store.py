"""The SQL of the work list."""

from datetime import datetime

import msgspec

from faelles.circulation.worklist.model import WorkEntry
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId, DivisionId

_LIST = """
SELECT w.id, w.branch_id, w.kind, w.loan_id, w.item_id, w.scanned_item, w.scanned_card, w.details::text AS details,
       w.happened_at, w.recorded_at, w.settled_at, w.settled_how, b.division_id
  FROM work_entry AS w
  JOIN branch_directory AS b ON b.agency_id = w.agency_id AND b.branch_id = w.branch_id
 WHERE w.agency_id = $1 AND w.settled_at IS NULL AND w.id > $2
   AND ($3::integer IS NULL OR w.branch_id = $3)
   AND ($4::integer[] IS NULL OR b.division_id = ANY ($4))
 ORDER BY w.id
 LIMIT $5
"""
_LOCK = """
SELECT w.id, w.branch_id, w.kind, w.loan_id, w.item_id, w.scanned_item, w.scanned_card, w.details::text AS details,
       w.happened_at, w.recorded_at, w.settled_at, w.settled_how, b.division_id
  FROM work_entry AS w
  JOIN branch_directory AS b ON b.agency_id = w.agency_id AND b.branch_id = w.branch_id
 WHERE w.agency_id = $1 AND w.id = $2
   FOR NO KEY UPDATE OF w
"""
# What was scanned is kept no longer than somebody needs it.
_SETTLE = """
UPDATE work_entry
   SET settled_at = $3, settled_by = $4, settled_how = $5, scanned_card = NULL
 WHERE agency_id = $1 AND id = $2
"""


async def list_open(
    tx: Transaction, *, branch: BranchId | None, divisions: list[DivisionId] | None, after: int, limit: int
) -> list[WorkEntry]:
    """Unsettled entries, oldest first; of one branch, and of some divisions, where these are given."""
    return [_entry(row) for row in await tx.rows(_LIST, tx.agency, after, branch, divisions, limit)]


async def lock(tx: Transaction, entry: int) -> WorkEntry | None:
    row = await tx.row(_LOCK, tx.agency, entry)
    return _entry(row) if row else None


async def settle(tx: Transaction, entry: int, how: str, at: datetime) -> None:
    await tx.execute(_SETTLE, tx.agency, entry, at, str(tx.actor), how)


def _entry(row: Row) -> WorkEntry:
    return WorkEntry(
        id=row["id"],
        branch=row["branch_id"],
        division=row["division_id"],
        kind=row["kind"],
        loan=row["loan_id"],
        item=row["item_id"],
        scanned_item=row["scanned_item"],
        scanned_card=row["scanned_card"],
        details=msgspec.json.decode(row["details"], type=dict[str, str | int | bool | None]),
        happened_at=row["happened_at"],
        recorded_at=row["recorded_at"],
        settled_at=row["settled_at"],
        settled_how=row["settled_how"],
    )
