"""SQL of the list of erasures, and of whose accounts they were."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from faelles.ground.database import Row, Transaction
from faelles.ground.ids import AccountId, PatronId
from faelles.privacy.erasing.model import Kept, What

_NOTE = """
INSERT INTO erasure (agency_id, person_hash, what, why, kept, erased_at, erased_by)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, $7)
    ON CONFLICT DO NOTHING
"""
_FIND = """
SELECT kept::text AS kept, erased_at
  FROM erasure
 WHERE agency_id = $1 AND what = 'person' AND person_hash = ANY ($2::bytea[])
"""
_LIST = """
SELECT id, person_hash, what, erased_at
  FROM erasure
 WHERE agency_id = $1 AND id > $2
 ORDER BY id
 LIMIT $3
"""
_PERSONS = "SELECT patron_id FROM borrower WHERE agency_id = $1 AND patron_id > $2 ORDER BY patron_id LIMIT $3"
_KEEP_NAMES = """
INSERT INTO bookkeeping_name (agency_id, account_id, sealed, kept_until)
SELECT $1, n.account, n.sealed, n.until
  FROM unnest($2::bigint[], $3::bytea[], $4::timestamptz[]) AS n (account, sealed, until)
    ON CONFLICT (agency_id, account_id) DO NOTHING
"""
_NAME = "SELECT sealed, kept_until FROM bookkeeping_name WHERE agency_id = $1 AND account_id = $2"
_ERASE_OWN = (
    "DELETE FROM consent WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM patron_activity WHERE agency_id = $1 AND patron_id = $2",
)


async def note(
    tx: Transaction,
    person: bytes,
    what: What,
    why: str,
    *,
    kept: Sequence[Kept] = (),
    erased_at: datetime | None = None,
) -> None:
    """Put a line on the list; the same person once."""
    at = erased_at or tx.now
    stays = msgspec.json.encode(kept).decode()
    await tx.execute(_NOTE, tx.agency, person, what.value, why, stays, at, tx.actor.told)


async def find(tx: Transaction, hashes: Sequence[bytes]) -> Row | None:
    return await tx.row(_FIND, tx.agency, list(hashes))


async def lines(tx: Transaction, *, after: int, limit: int) -> list[Row]:
    return await tx.rows(_LIST, tx.agency, after, limit)


async def persons(tx: Transaction, *, after: int, limit: int) -> list[PatronId]:
    """The patrons there are, in the order of their numbers."""
    return [PatronId(row["patron_id"]) for row in await tx.rows(_PERSONS, tx.agency, after, limit)]


async def keep_names(tx: Transaction, names: Sequence[tuple[AccountId, bytes, datetime]]) -> None:
    await tx.execute(_KEEP_NAMES, tx.agency, *([list(column) for column in zip(*names, strict=True)] or [[], [], []]))


async def name(tx: Transaction, account: AccountId) -> Row | None:
    return await tx.row(_NAME, tx.agency, account)


async def erase_own(tx: Transaction, patron: PatronId) -> None:
    """What privacy itself keeps of a patron."""
    for statement in _ERASE_OWN:
        await tx.execute(statement, tx.agency, patron)
