"""The SQL of holds at a machine: which title, which hold, whose."""

from dataclasses import dataclass
from datetime import date

from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, DivisionId, HoldId, IssueId, PatronId, RecordId

_COPY = "SELECT record_id, issue_id FROM copy WHERE agency_id = $1 AND number = $2"
# The copy that is meant or was wished for goes before its title.
_OWN_HOLD = """
SELECT h.id
  FROM hold_patron AS p
  JOIN hold AS h ON h.agency_id = p.agency_id AND h.id = p.hold_id
  JOIN title AS t ON t.record_id = h.record_id
  LEFT JOIN copy AS c ON c.agency_id = h.agency_id AND c.number = $4
 WHERE p.agency_id = $1 AND p.patron_id = $2 AND p.is_open AND h.division_id = $3
   AND CASE WHEN $4::text IS NULL THEN t.title = $5::text OR t.record_id::text = $5
            ELSE c.item_id IN (h.item_id, h.wanted_item_id)
                 OR (h.target <> 'item' AND h.record_id = c.record_id
                     AND (h.issue_id IS NULL OR h.issue_id = c.issue_id))
       END
 ORDER BY (h.item_id = c.item_id) IS TRUE DESC, (h.wanted_item_id = c.item_id) IS TRUE DESC, h.id
 LIMIT 1
"""
_NOW = """
SELECT h.closed_at IS NULL AS is_open, h.pickup_branch_id, h.interest_until,
       EXISTS (SELECT FROM hold_patron AS o
                WHERE o.agency_id = $1 AND o.patron_id = p.patron_id AND o.record_id = p.record_id AND o.is_open
              ) AS is_wished
  FROM hold AS h
  LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
 WHERE h.agency_id = $1 AND h.id = $2
"""
_CARD_OF = """
SELECT p.patron_id,
       (SELECT min(i.lookup) FROM borrower_identifier AS i
         WHERE i.agency_id = $1 AND i.patron_id = p.patron_id AND i.kind = 'card' AND i.ended_at IS NULL) AS card
  FROM hold_patron AS p
 WHERE p.agency_id = $1 AND p.hold_id = $2
"""


@dataclass(frozen=True, slots=True)
class KnownCopy:
    record: RecordId
    issue: IssueId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldNow:
    """`is_wished`: the patron has an open hold on the title, this or another."""

    is_open: bool
    is_wished: bool
    pickup: BranchId
    interest_until: date


async def copy_numbered(tx: Transaction, number: str) -> KnownCopy | None:
    row = await tx.row(_COPY, tx.agency, number)
    return KnownCopy(row["record_id"], row["issue_id"]) if row else None


async def own_hold(
    tx: Transaction, patron: PatronId, division: DivisionId, *, item: str | None, title: str | None
) -> HoldId | None:
    """The patron's open hold in the division that a copy or a title names."""
    found: int | None = await tx.value(_OWN_HOLD, tx.agency, patron, division, item, title)
    return None if found is None else HoldId(found)


async def hold_now(tx: Transaction, hold: HoldId) -> HoldNow | None:
    row = await tx.row(_NOW, tx.agency, hold)
    if row is None:
        return None
    return HoldNow(
        is_open=row["is_open"],
        is_wished=row["is_wished"],
        pickup=row["pickup_branch_id"],
        interest_until=row["interest_until"],
    )


async def card_of(tx: Transaction, hold: HoldId) -> tuple[PatronId, str | None] | None:
    """Whose hold it is, and that patron's card."""
    row = await tx.row(_CARD_OF, tx.agency, hold)
    return (row["patron_id"], row["card"]) if row else None
