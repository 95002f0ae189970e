"""The SQL of finding loans that a new day means something for."""

from datetime import date

from faelles.ground.database import Transaction
from faelles.ground.ids import LoanId

_DUE = """
SELECT id
  FROM loan
 WHERE agency_id = $1 AND closed_at IS NULL AND lost_at IS NULL AND claimed_returned_at IS NULL
   AND due_on BETWEEN $2 AND $3 AND id > $4
 ORDER BY id
 LIMIT $5
"""
# What is claimed for the copy, where anything was, is paid, reduced or waived.
_PAID_FOR = """
SELECT l.id
  FROM loan AS l
 WHERE l.agency_id = $1 AND l.closed_at IS NULL AND l.lost_at IS NOT NULL AND l.id > $2
   AND EXISTS (SELECT FROM claimed_loan AS c WHERE c.agency_id = $1 AND c.loan_id = l.id)
   AND NOT EXISTS (SELECT
                     FROM claimed_loan AS c
                     JOIN claim_directory AS d ON d.agency_id = $1 AND d.charge_id = c.charge_id
                    WHERE c.agency_id = $1 AND c.loan_id = l.id AND d.outstanding_ore > 0)
 ORDER BY l.id
 LIMIT $3
"""


async def due_between(tx: Transaction, first: date, last: date, *, after: LoanId, limit: int) -> list[LoanId]:
    """Open loans that nobody has questions about, due from `first` to `last`, by id."""
    rows = await tx.rows(_DUE, tx.agency, first, last, after, limit)
    return [LoanId(row["id"]) for row in rows]


async def paid_for(tx: Transaction, *, after: LoanId, limit: int) -> list[LoanId]:
    """Loans of lost copies for which nothing is owed any more, by id."""
    rows = await tx.rows(_PAID_FOR, tx.agency, after, limit)
    return [LoanId(row["id"]) for row in rows]
