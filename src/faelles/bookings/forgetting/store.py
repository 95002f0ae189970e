"""SQL that takes bookings away."""

from collections.abc import Sequence
from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

_OVER = """
SELECT id FROM booking
 WHERE agency_id = $1 AND last_day < ($2::timestamptz AT TIME ZONE 'UTC')::date
 ORDER BY id
 LIMIT $3
"""
_OF_PATRON = "SELECT id FROM booking WHERE agency_id = $1 AND patron_id = $2"
_DELETE = (
    "DELETE FROM booking_item WHERE agency_id = $1 AND booking_id = ANY ($2::bigint[])",
    "DELETE FROM booking_stock WHERE agency_id = $1 AND booking_id = ANY ($2::bigint[])",
    "DELETE FROM booking WHERE agency_id = $1 AND id = ANY ($2::bigint[])",
)


async def over(tx: Transaction, before: datetime) -> list[int]:
    """Bookings whose last day lies before that moment."""
    return [row["id"] for row in await tx.rows(_OVER, tx.agency, before, BATCH)]


async def of_patron(tx: Transaction, patron: PatronId) -> list[int]:
    return [row["id"] for row in await tx.rows(_OF_PATRON, tx.agency, patron)]


async def delete(tx: Transaction, bookings: Sequence[int]) -> None:
    for statement in _DELETE:
        await tx.execute(statement, tx.agency, list(bookings))
