"""The SQL of moving loans and holds from one patron to another."""

from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId

_MOVE_LOANS = "UPDATE loan_borrower SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"
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
    return await tx.execute(_MOVE_LOANS, tx.agency, source, target)


async def move_holds(tx: Transaction, source: PatronId, target: PatronId) -> int:
    """Move the holds of `source`, open or over, and tell how many there were."""
    moved: int = await tx.value(_MOVE_HOLDS, tx.agency, source, target, tx.now)
    return moved
