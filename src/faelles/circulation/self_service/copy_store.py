"""The SQL of what machines ask about copies, and about the loans and holds that these are for."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from faelles.circulation.desk.facts import ItemFacts
from faelles.circulation.self_service.model import CopyTold, HeldTold, ItemSeen
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, HoldId, LoanId, PatronId

_LOAD_ITEM = """
SELECT i.facts::text AS facts, w.due_on, w.seen_branch_id, w.bound_for_branch_id, w.placement_id, t.properties,
       b.item_id IS NOT NULL AS set_aside, b.pickup_deadline,
       (SELECT count(*) FROM hold AS h JOIN copy AS c ON c.agency_id = $1 AND c.item_id = i.item_id
         WHERE h.agency_id = $1 AND h.record_id = c.record_id AND h.closed_at IS NULL AND c.withdrawn_at IS NULL
           AND would_fill(h, c.item_id, c.issue_id, c.material_group_id)) AS waiting
  FROM item_facts AS i
  JOIN copy_whereabouts AS w ON w.agency_id = $1 AND w.item_id = i.item_id
  LEFT JOIN copy_tag AS t ON t.agency_id = $1 AND t.item_id = i.item_id
  LEFT JOIN bound_copy AS b ON b.agency_id = $1 AND b.item_id = i.item_id
 WHERE i.agency_id = $1 AND i.item_id = (SELECT item_numbered($1, $2))
"""
_LOAD_COPIES = """
SELECT c.number, t.identifier, t.title, t.creators, t.material_type, t.classification, w.due_on, w.placement_id
  FROM copy AS c
  JOIN copy_whereabouts AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
  JOIN title AS t ON t.record_id = c.record_id
 WHERE c.agency_id = $1 AND c.number = ANY ($2::text[])
"""
_LOAD_HELD = """
SELECT h.id, t.identifier, t.title, t.creators, t.material_type, t.classification, c.number
  FROM hold AS h
  JOIN title AS t ON t.record_id = h.record_id
  LEFT JOIN bound_copy AS b ON b.agency_id = h.agency_id AND b.hold_id = h.id
  LEFT JOIN copy AS c ON c.agency_id = b.agency_id AND c.item_id = b.item_id
 WHERE h.agency_id = $1 AND h.id = ANY ($2::bigint[])
"""
_LENT_HERE_SINCE = """
SELECT id FROM loan
 WHERE agency_id = $1 AND item_agency_id = $1 AND item_id = (SELECT item_numbered($1, $2)) AND closed_at IS NULL
   AND branch_id = $3 AND lent_at >= $4
"""
_RETURNED_HERE_SINCE = """
SELECT l.id
  FROM loan AS l
  JOIN loan_borrower AS o ON o.agency_id = $1 AND o.loan_id = l.id
  JOIN borrower_identifier AS i ON i.agency_id = $1 AND i.patron_id = o.patron_id AND i.lookup = ANY ($5::text[])
                               AND i.ended_at IS NULL
 WHERE l.agency_id = $1 AND l.item_agency_id = $1 AND l.item_id = (SELECT item_numbered($1, $2))
   AND l.closed_how = 'returned' AND l.closed_branch_id = $3 AND l.closed_at >= $4
 ORDER BY l.closed_at DESC
 LIMIT 1
"""
_RETURNED_BY = """
SELECT o.patron_id
  FROM loan AS l
  JOIN loan_borrower AS o ON o.agency_id = $1 AND o.loan_id = l.id AND o.role = 'primary'
 WHERE l.agency_id = $1 AND l.item_agency_id = $1 AND l.item_id = (SELECT item_numbered($1, $2))
   AND l.closed_how = 'returned' AND l.closed_branch_id = $3 AND l.closed_at >= $4
 ORDER BY l.closed_at DESC
 LIMIT 1
"""
_LENT_TITLED = """
SELECT CASE WHEN min(c.number) = max(c.number) THEN min(c.number) END
  FROM loan_borrower AS o
  JOIN loan AS l ON l.agency_id = $1 AND l.id = o.loan_id AND l.closed_at IS NULL
  JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
  JOIN title AS t ON t.record_id = c.record_id
 WHERE o.agency_id = $1 AND o.patron_id = $2 AND (t.title = $3 OR t.record_id::text = $3)
"""
_LENT_AS = "SELECT open_loan_of($1, item_numbered($1, $2))"

_item_facts = msgspec.json.Decoder(ItemFacts)


async def load_item(tx: Transaction, number: str) -> ItemSeen | None:
    row = await tx.row(_LOAD_ITEM, tx.agency, number)
    if row is None:
        return None
    return ItemSeen(
        copy=_item_facts.decode(row["facts"]),
        placement=row["placement_id"],
        due_on=row["due_on"],
        seen_branch=row["seen_branch_id"],
        bound_for=row["bound_for_branch_id"],
        properties=row["properties"],
        waiting=row["waiting"],
        set_aside=row["set_aside"],
        pickup_deadline=row["pickup_deadline"],
    )


async def load_copies(tx: Transaction, numbers: Sequence[str]) -> dict[str, CopyTold]:
    rows = await tx.rows(_LOAD_COPIES, tx.agency, list(numbers))
    return {
        row["number"]: CopyTold(
            number=row["number"],
            identifier=row["identifier"],
            title=row["title"],
            creators=tuple(row["creators"]),
            material_type=row["material_type"],
            classification=row["classification"],
            due_on=row["due_on"],
            placement=row["placement_id"],
        )
        for row in rows
    }


async def load_held(tx: Transaction, holds: Sequence[HoldId]) -> dict[HoldId, HeldTold]:
    rows = await tx.rows(_LOAD_HELD, tx.agency, list(holds))
    return {
        row["id"]: HeldTold(
            identifier=row["identifier"],
            title=row["title"],
            creators=tuple(row["creators"]),
            material_type=row["material_type"],
            classification=row["classification"],
            item_number=row["number"],
        )
        for row in rows
    }


async def lent_here_since(tx: Transaction, number: str, branch: BranchId, since: datetime) -> LoanId | None:
    found: int | None = await tx.value(_LENT_HERE_SINCE, tx.agency, number, branch, since)
    return None if found is None else LoanId(found)


async def returned_here_since(
    tx: Transaction, number: str, branch: BranchId, since: datetime, keys: Sequence[str]
) -> LoanId | None:
    """The latest loan of the item that was returned at the branch, if it was that of whom the keys stand for."""
    found: int | None = await tx.value(_RETURNED_HERE_SINCE, tx.agency, number, branch, since, list(keys))
    return None if found is None else LoanId(found)


async def returned_by(tx: Transaction, number: str, branch: BranchId, since: datetime) -> PatronId | None:
    """Whose loan of the item was returned at the branch."""
    found: int | None = await tx.value(_RETURNED_BY, tx.agency, number, branch, since)
    return None if found is None else PatronId(found)


async def lent_titled(tx: Transaction, patron: PatronId, title: str) -> str | None:
    """The number of the one copy of the title that the patron has."""
    found: str | None = await tx.value(_LENT_TITLED, tx.agency, patron, title)
    return found


async def lent_as(tx: Transaction, number: str) -> LoanId | None:
    """The loan that is open on the item."""
    found: int | None = await tx.value(_LENT_AS, tx.agency, number)
    return None if found is None else LoanId(found)
