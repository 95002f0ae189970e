"""The SQL of support grants."""

from collections.abc import Sequence
from datetime import datetime

from faelles.ground.database import Row, Transaction
from faelles.people.support.model import NewSupportGrant

_INSERT = """
INSERT INTO support_grant (agency_id, operator, reason, granted_by, granted_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""
_LIST = """
SELECT id, operator, reason, granted_by, granted_at, expires_at, revoked_at
  FROM support_grant
 WHERE agency_id = $1 AND id > $2
 ORDER BY id
 LIMIT $3
"""
_VALID = """
SELECT id, expires_at
  FROM support_grant
 WHERE agency_id = $1 AND (operator IS NULL OR operator = $2) AND revoked_at IS NULL AND expires_at > $3
 ORDER BY expires_at DESC
 LIMIT 1
   FOR SHARE
"""
_LOCK = "SELECT id, revoked_at FROM support_grant WHERE agency_id = $1 AND id = $2::bigint FOR NO KEY UPDATE"
_REVOKE = "UPDATE support_grant SET revoked_at = $3 WHERE agency_id = $1 AND id = $2::bigint"


async def insert(tx: Transaction, new: NewSupportGrant, expires_at: datetime) -> int:
    grant: int = await tx.value(_INSERT, tx.agency, new.operator, new.reason, str(tx.actor), tx.now, expires_at)
    return grant


async def page(tx: Transaction, after: int, limit: int) -> Sequence[Row]:
    return await tx.rows(_LIST, tx.agency, after, limit)


async def valid_for(tx: Transaction, operator: str) -> Row | None:
    """The longest-lasting grant that lets `operator` in now; it cannot be revoked before the transaction ends."""
    return await tx.row(_VALID, tx.agency, operator, tx.now)


async def lock(tx: Transaction, grant: int) -> Row | None:
    return await tx.row(_LOCK, tx.agency, grant)


async def revoke(tx: Transaction, grant: int) -> None:
    await tx.execute(_REVOKE, tx.agency, grant, tx.now)
