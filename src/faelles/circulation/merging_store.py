"""The SQL of moving loans from one patron to another."""

from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId

_MOVE_LOANS = "UPDATE loan_borrower SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"


async def move_loans(tx: Transaction, source: PatronId, target: PatronId) -> int:
    """Move the loans of `source`, in whatever role, and tell how many there were."""
    return await tx.execute(_MOVE_LOANS, tx.agency, source, target)
