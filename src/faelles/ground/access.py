"""The log of every look at a person: who, when, which, why. The law asks for it; so do patrons.

Hot paths write it inside their own single write; everything else through this function.
"""

from collections.abc import Sequence

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId

_RECORD = """
INSERT INTO access_log (agency_id, at, actor, person_id, operation)
SELECT $1, $2, $3, person, $5 FROM unnest($4::bigint[]) AS person
"""


async def record_access(tx: Transaction, operation: str, persons: Sequence[PatronId]) -> None:
    """Note that the transaction's actor saw `persons` for the sake of `operation` (its name, no free text)."""
    if persons:
        await tx.execute(_RECORD, tx.agency, tx.now, str(tx.actor), list(persons), operation)
