"""Many loans in one go, for demonstrations and moves from another system.

What is prepared here is trusted: the caller has asked the rules. Row policies refuse COPY, so rows go in as arrays.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, ItemNumber, PatronGroupId, PatronId

_STATEMENT_ROWS = 5000
"""Few enough to stay far below the time a statement is given."""


class PreparedLoan(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A loan of one of the agency's own copies, made at its branch; closed where it was returned."""

    item: ItemNumber
    patron: PatronId
    patron_group: PatronGroupId
    age_band: str | None
    """Of the patron when it was lent, for statistics."""
    branch: BranchId
    lent_at: datetime
    lent_on: date
    due_on: date
    returned_at: datetime | None = None
    returned_on: date | None = None

    def returned(self, at: datetime, on: date) -> "PreparedLoan":
        """The same loan, returned where it was made."""
        return msgspec.structs.replace(self, returned_at=max(at, self.lent_at), returned_on=max(on, self.lent_on))


# The item's own facts are read here, as they are when a loan is made one by one.
_INSERT_LOANS = """
WITH wanted AS MATERIALIZED (
    SELECT nextval('loan_number') AS id, w.*, i.item_id, i.record_id, i.material_group_id, i.owner_branch_id,
           b.division_id, t.material_type, t.classification
      FROM unnest($2::text[], $3::bigint[], $4::integer[], $5::text[], $6::integer[], $7::timestamptz[], $8::date[],
                  $9::date[], $10::timestamptz[], $11::date[])
           AS w (number, patron_id, patron_group_id, age_band, branch_id, lent_at, lent_on, due_on, returned_at,
                 returned_on)
      JOIN copy AS i ON i.agency_id = $1 AND i.number = w.number
      JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = i.owner_branch_id
      JOIN title AS t ON t.record_id = i.record_id
), lent AS (
    INSERT INTO loan (agency_id, id, item_agency_id, item_id, record_id, division_id, material_group_id,
                      patron_group_id, kind, branch_id, lent_at, lent_on, due_on, closed_at, closed_on, closed_how,
                      closed_branch_id)
    SELECT $1, id, $1, item_id, record_id, division_id, material_group_id, patron_group_id, 'loan', branch_id, lent_at,
           lent_on, due_on, returned_at, returned_on, CASE WHEN returned_at IS NOT NULL THEN 'returned' END,
           CASE WHEN returned_at IS NOT NULL THEN branch_id END
      FROM wanted
), borrowed AS (
    INSERT INTO loan_borrower (agency_id, loan_id, patron_id, role)
    SELECT $1, id, patron_id, 'primary' FROM wanted
), seen AS (
    UPDATE item_circulation AS c
       SET state = CASE WHEN w.returned_at IS NULL THEN 'on_loan' ELSE c.state END, seen_branch_id = w.branch_id,
           seen_at = COALESCE(w.returned_at, w.lent_at)
      FROM wanted AS w
     WHERE c.agency_id = $1 AND c.item_id = w.item_id
), told AS (
    SELECT 'loan.opened' AS kind, * FROM wanted
     UNION ALL
    SELECT 'loan.returned', * FROM wanted WHERE returned_at IS NOT NULL
)
INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
SELECT $1, $12, $13, kind, id, item_id,
       jsonb_build_object('branch', branch_id, 'division', division_id, 'owner_branch', owner_branch_id,
                          'record', record_id, 'material_type', material_type, 'material_group', material_group_id,
                          'classification', classification, 'patron_group', patron_group_id, 'age_band', age_band)
       || CASE kind WHEN 'loan.returned' THEN jsonb_build_object('days_overdue', GREATEST(returned_on - due_on, 0))
                    ELSE '{}' END
  FROM told
"""


async def insert_loans(tx: Transaction, loans: Sequence[PreparedLoan]) -> None:
    """Write loans, each of another copy, with their events. A copy that is on loan already breaks `item_lent_once`."""
    for start in range(0, len(loans), _STATEMENT_ROWS):
        rows = [msgspec.structs.astuple(loan) for loan in loans[start : start + _STATEMENT_ROWS]]
        columns = [list(column) for column in zip(*rows, strict=True)]
        await tx.execute(_INSERT_LOANS, tx.agency, *columns, tx.now, str(tx.actor))
