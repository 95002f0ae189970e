"""The SQL of what loans put on the work list, and take off it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import BranchId, ItemId, LoanId


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWorkEntry:
    """Something for a person to look at. `scanned_*` are what a machine read, where it fits nothing we know."""

    branch: BranchId
    kind: str
    happened_at: datetime
    loan: LoanId | None = None
    item: ItemId | None = None
    scanned_item: str | None = None
    scanned_card: str | None = None
    details: Mapping[str, Dimension] = field(default_factory=dict)


_SETTLE_SEARCH = """
UPDATE work_entry
   SET settled_at = $3, settled_by = $4, settled_how = 'returned'
 WHERE agency_id = $1 AND loan_id = $2 AND kind = 'search_shelves' AND settled_at IS NULL
"""
_ADD_WORK_ENTRY = """
INSERT INTO work_entry (agency_id, branch_id, kind, loan_id, item_id, scanned_item, scanned_card, details, happened_at,
                        recorded_at, recorded_by)
SELECT $1, $2, $3, $4, $5, $6, $7, $8::text::jsonb, $9, $10, $11
 WHERE NOT EXISTS (SELECT
                     FROM work_entry
                    WHERE agency_id = $1 AND branch_id = $2 AND kind = $3 AND happened_at = $9
                      AND loan_id IS NOT DISTINCT FROM $4 AND scanned_item IS NOT DISTINCT FROM $6)
"""


async def settle_search(tx: Transaction, loan: LoanId) -> None:
    """The copy that the shelves were searched for is back."""
    await tx.execute(_SETTLE_SEARCH, tx.agency, loan, tx.now, str(tx.actor))


async def add_work_entry(tx: Transaction, entry: NewWorkEntry) -> None:
    """Put an entry on the branch's work list, once however often it is told."""
    await tx.execute(
        _ADD_WORK_ENTRY,
        tx.agency,
        entry.branch,
        entry.kind,
        entry.loan,
        entry.item,
        entry.scanned_item,
        entry.scanned_card,
        msgspec.json.encode(entry.details).decode(),
        entry.happened_at,
        tx.now,
        str(tx.actor),
    )
