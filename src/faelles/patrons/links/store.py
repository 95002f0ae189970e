"""SQL for links."""

from datetime import datetime

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.links.model import Link, Purpose

_OPEN = """
SELECT count(*) FROM patron_link
 WHERE agency_id = $1 AND patron_id = $2 AND purpose = $3 AND used_at IS NULL AND expires_at > $4
"""

_INSERT = """
INSERT INTO patron_link (agency_id, patron_id, purpose, address, made_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""

_SET_HASH = "UPDATE patron_link SET token_hash = $3 WHERE agency_id = $1 AND id = $2"

_FIND = """
SELECT id, patron_id, purpose, address, expires_at, used_at FROM patron_link WHERE agency_id = $1 AND token_hash = $2
"""

# All of the purpose: a PIN that was set closes the other mails about it too.
_USE = """
UPDATE patron_link SET used_at = $4 WHERE agency_id = $1 AND patron_id = $2 AND purpose = $3 AND used_at IS NULL
"""

_USE_ONE = "UPDATE patron_link SET used_at = $3 WHERE agency_id = $1 AND id = $2 AND used_at IS NULL"


async def open_links(tx: Transaction, patron: PatronId, purpose: Purpose) -> int:
    return int(await tx.value(_OPEN, tx.agency, patron, purpose.value, tx.now))


async def insert(
    tx: Transaction, patron: PatronId, purpose: Purpose, *, address: str | None, expires_at: datetime
) -> int:
    return int(await tx.value(_INSERT, tx.agency, patron, purpose.value, address, tx.now, expires_at))


async def set_hash(tx: Transaction, link: int, token_hash: bytes) -> None:
    await tx.execute(_SET_HASH, tx.agency, link, token_hash)


async def find(tx: Transaction, token_hash: bytes) -> Link | None:
    row = await tx.row(_FIND, tx.agency, token_hash)
    if row is None:
        return None
    return Link(
        id=row["id"],
        patron=PatronId(row["patron_id"]),
        purpose=Purpose(row["purpose"]),
        address=row["address"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )


async def use_all(tx: Transaction, patron: PatronId, purpose: Purpose) -> None:
    await tx.execute(_USE, tx.agency, patron, purpose.value, tx.now)


async def use(tx: Transaction, link: int) -> None:
    await tx.execute(_USE_ONE, tx.agency, link, tx.now)
