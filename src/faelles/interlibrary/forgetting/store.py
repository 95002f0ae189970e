"""SQL that takes interlibrary requests away."""

from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

_FORGET = """
DELETE FROM interlibrary_request
 WHERE agency_id = $1
   AND id IN (SELECT id FROM interlibrary_request
               WHERE agency_id = $1 AND state IN ('closed', 'denied', 'cancelled') AND changed_at < $2
               LIMIT $3)
"""
_ERASE = "DELETE FROM interlibrary_request WHERE agency_id = $1 AND patron_id = $2"


async def forget(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET, tx.agency, before, BATCH)


async def erase(tx: Transaction, patron: PatronId) -> None:
    await tx.execute(_ERASE, tx.agency, patron)
