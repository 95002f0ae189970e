"""The SQL of what happens seldom: losses, corrections, foreign items, the work list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec

from faelles.circulation.loans.blocks import Block
from faelles.circulation.loans.facts import ClosedHow, ItemFacts, ItemState
from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import AgencyId, BranchId, ItemId, LoanId


@dataclass(frozen=True, slots=True)
class Owner:
    """The agency a number belongs to."""

    agency: AgencyId
    name: str


_OWNER_OF_NUMBER = """
SELECT a.agency_id, a.name
  FROM owners_of_item_number($1) AS owner (agency_id)
  JOIN agency_directory AS a ON a.agency_id = owner.agency_id
 LIMIT 1
"""
_NOTE_SIGHTING = """
INSERT INTO foreign_sighting (agency_id, owner_agency_id, item_number, branch_id, seen_at) VALUES ($1, $2, $3, $4, $5)
"""
_MARK_LOST = "UPDATE loan SET lost_at = $3 WHERE agency_id = $1 AND id = $2 AND lost_at IS NULL"
_MARK_CLAIMED = """
UPDATE loan SET claimed_returned_at = $3 WHERE agency_id = $1 AND id = $2 AND claimed_returned_at IS NULL
"""
_CLOSE_LOAN = """
UPDATE loan SET closed_at = $3, closed_on = $4, closed_how = $5, closed_branch_id = $6 WHERE agency_id = $1 AND id = $2
"""
_REOPEN_LOAN = """
UPDATE loan
   SET closed_at = NULL, closed_on = NULL, closed_how = NULL, closed_branch_id = NULL
 WHERE agency_id = $1 AND id = $2
"""
_RECORD_OVERRIDES = """
INSERT INTO loan_override (agency_id, loan_id, block, reason, actor, at)
SELECT $1, $2, block, $4, $5, $6 FROM unnest($3::text[]) AS block
"""
_MOVE_ITEM = """
UPDATE item_circulation SET state = $3, seen_branch_id = $4, seen_at = $5 WHERE agency_id = $1 AND item_id = $2
"""
_NOTE_GONE = "UPDATE item_circulation SET state = $3 WHERE agency_id = $1 AND item_id = $2"
_RELEASE_COPY = "SELECT release_copy($1, $2, $3, $4, $5)"
_END_JOURNEY = """
UPDATE journey SET ended_at = $3, ended_how = $4 WHERE agency_id = $1 AND item_id = $2 AND ended_at IS NULL
"""
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


_LOCK_ITEMS = """
SELECT
  FROM item_circulation
 WHERE agency_id = $1
   AND item_id IN (SELECT item_id FROM copy WHERE agency_id = $1 AND number = ANY ($2::text[]))
 ORDER BY item_id
   FOR NO KEY UPDATE
"""
_KNOWS_PATRON = """
SELECT EXISTS (SELECT FROM borrower WHERE agency_id = $1 AND patron_id = $2 AND merged_into_id IS NULL)
"""
_READ_ITEMS = """
SELECT i.facts::text AS facts
  FROM item_facts AS i
  JOIN copy AS c ON c.agency_id = i.agency_id AND c.item_id = i.item_id
 WHERE i.agency_id = $1 AND c.number = ANY ($2::text[])
"""
_SWAP_BORROWERS = """
UPDATE loan_borrower AS mine
   SET patron_id = others.patron_id
  FROM loan_borrower AS others
 WHERE mine.agency_id = $1 AND others.agency_id = $1
   AND mine.role = $4 AND others.role = $4
   AND (mine.loan_id, others.loan_id) IN (($2::bigint, $3::bigint), ($3, $2))
"""

_item_facts = msgspec.json.Decoder(ItemFacts)


async def lock_items(tx: Transaction, item_numbers: Sequence[str]) -> None:
    """Lock many items, in the order of their ids."""
    await tx.rows(_LOCK_ITEMS, tx.agency, list(item_numbers))


async def knows_patron(tx: Transaction, patron: int) -> bool:
    return bool(await tx.value(_KNOWS_PATRON, tx.agency, patron))


async def read_items(tx: Transaction, numbers: Sequence[str]) -> dict[str, ItemFacts]:
    """The copies that there are, by number."""
    found = [_item_facts.decode(row["facts"]) for row in await tx.rows(_READ_ITEMS, tx.agency, list(numbers))]
    return {item.number: item for item in found}


async def swap_borrowers(tx: Transaction, loan: LoanId, other: LoanId, role: str) -> None:
    await tx.execute(_SWAP_BORROWERS, tx.agency, loan, other, role)


async def owner_of_number(tx: Transaction, item_number: str) -> Owner | None:
    """Which municipality owns a number, and nothing else."""
    row = await tx.row(_OWNER_OF_NUMBER, item_number)
    return Owner(row["agency_id"], row["name"]) if row else None


async def note_sighting(
    tx: Transaction, owner: AgencyId, item_number: str, branch: BranchId, seen_at: datetime
) -> None:
    await tx.execute(_NOTE_SIGHTING, tx.agency, owner, item_number, branch, seen_at)


async def mark_loan_lost(tx: Transaction, loan: LoanId) -> None:
    await tx.execute(_MARK_LOST, tx.agency, loan, tx.now)


async def mark_claimed_returned(tx: Transaction, loan: LoanId) -> None:
    await tx.execute(_MARK_CLAIMED, tx.agency, loan, tx.now)


async def close_loan(
    tx: Transaction, loan: LoanId, how: ClosedHow, *, closed_at: datetime, closed_on: date, branch: BranchId
) -> None:
    await tx.execute(_CLOSE_LOAN, tx.agency, loan, closed_at, closed_on, how.value, branch)


async def reopen_loan(tx: Transaction, loan: LoanId) -> None:
    await tx.execute(_REOPEN_LOAN, tx.agency, loan)


async def record_overrides(tx: Transaction, loan: LoanId, blocks: Sequence[Block], reason: str) -> None:
    """Put on record what a loan was made, or opened again, in spite of."""
    codes = [each.code.value for each in blocks]
    await tx.execute(_RECORD_OVERRIDES, tx.agency, loan, codes, reason, str(tx.actor), tx.now)


async def move_item(tx: Transaction, item: ItemId, state: ItemState, branch: BranchId) -> None:
    await tx.execute(_MOVE_ITEM, tx.agency, item, state.value, branch, tx.now)


async def note_gone(tx: Transaction, item: ItemId, state: ItemState) -> None:
    """The copy is where nobody knows: its state changes, and where it was last seen stays."""
    await tx.execute(_NOTE_GONE, tx.agency, item, state.value)


async def settle_search(tx: Transaction, loan: LoanId) -> None:
    """The copy that the shelves were searched for is back."""
    await tx.execute(_SETTLE_SEARCH, tx.agency, loan, tx.now, str(tx.actor))


async def release_copy(tx: Transaction, item: ItemId, why: str) -> None:
    """The copy is for nobody any more: a hold it was bound to waits again, and its place on the hold shelf is empty."""
    await tx.value(_RELEASE_COPY, tx.agency, item, why, tx.now, tx.actor.told)


async def end_journey(tx: Transaction, item: ItemId, how: str) -> None:
    await tx.execute(_END_JOURNEY, tx.agency, item, tx.now, how)


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
