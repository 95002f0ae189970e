"""The SQL of moving loans and holds from one patron to another."""

from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId

_MOVE_LOANS = "UPDATE loan_borrower SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"
# Whoever answered for what they had in hand under the other name has it alone now.
_HAVE_ALONE = """
DELETE FROM loan_borrower AS second
 USING loan_borrower AS first
 WHERE second.agency_id = $1 AND second.patron_id = $2 AND second.role = 'secondary'
   AND first.agency_id = $1 AND first.loan_id = second.loan_id AND first.patron_id = $2 AND first.role = 'primary'
"""
# Who waited under both names keeps both places. Age, home and absences are the other's now: titles are matched anew.
_MOVE_HOLDS = """
WITH moved AS (
    UPDATE hold_patron AS p
       SET patron_id = $3,
           nth = p.nth + COALESCE((SELECT max(o.nth) FROM hold_patron AS o
                                    WHERE o.agency_id = $1 AND o.patron_id = $3 AND o.record_id = p.record_id
                                      AND o.issue_id IS NOT DISTINCT FROM p.issue_id AND o.is_open), 0)
     WHERE p.agency_id = $1 AND p.patron_id = $2
    RETURNING p.record_id, p.is_open
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at)
    SELECT DISTINCT $1::integer, record_id, $4::timestamptz FROM moved WHERE is_open
)
SELECT count(*) FROM moved
"""


async def move_loans(tx: Transaction, source: PatronId, target: PatronId) -> int:
    """Move the loans of `source`, in whatever role, and tell how many there were."""
    moved = await tx.execute(_MOVE_LOANS, tx.agency, source, target)
    await tx.write(_HAVE_ALONE, tx.agency, target)
    return moved


async def move_holds(tx: Transaction, source: PatronId, target: PatronId) -> int:
    """Move the holds of `source`, open or over, and tell how many there were."""
    moved: int = await tx.value(_MOVE_HOLDS, tx.agency, source, target, tx.now)
    return moved
