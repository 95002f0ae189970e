"""All SQL of newsletters."""

from faelles.ground.database import Transaction
from faelles.newsletters.model import Adapter

_LOAD = "SELECT adapter, address, secret FROM newsletter_provider WHERE agency_id = $1"

_SAVE = """
INSERT INTO newsletter_provider (agency_id, adapter, address, secret, set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (agency_id) DO UPDATE SET adapter = $2, address = $3, secret = $4, set_at = $5, set_by = $6
"""

_FORGET = "DELETE FROM newsletter_provider WHERE agency_id = $1"


async def load(tx: Transaction) -> tuple[Adapter, str | None, bytes | None] | None:
    """The adapter, its address and the sealed secret."""
    row = await tx.row(_LOAD, tx.agency)
    return None if row is None else (Adapter(row["adapter"]), row["address"], row["secret"])


async def save(tx: Transaction, adapter: Adapter, address: str | None, sealed: bytes | None) -> None:
    await tx.execute(_SAVE, tx.agency, adapter.value, address, sealed, tx.now, str(tx.actor))


async def forget(tx: Transaction) -> None:
    await tx.execute(_FORGET, tx.agency)
