"""SQL that takes staff, their sessions and traces away."""

from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

_STAFF = """
SELECT id FROM staff
 WHERE agency_id = $1 AND disabled_at < $2 AND (password_hash IS NOT NULL OR username NOT LIKE 'former.%')
"""
# The number stays, because what was done stays; nobody is behind it any more.
_FORGET_STAFF = """
UPDATE staff SET username = 'former.' || id, name = 'former.' || id, password_hash = NULL, desk_pin_hash = NULL
 WHERE agency_id = $1 AND id = ANY ($2::integer[])
"""
_FORGET_ROLES = "DELETE FROM staff_role WHERE agency_id = $1 AND staff_id = ANY ($2::integer[])"
_FORGET_SIGN_IN = (
    "DELETE FROM staff_identity WHERE agency_id = $1 AND staff_id = ANY ($2::integer[])",
    "DELETE FROM staff_one_time WHERE agency_id = $1 AND staff_id = ANY ($2::integer[])",
    "DELETE FROM staff_recovery_code WHERE agency_id = $1 AND staff_id = ANY ($2::integer[])",
)
_FORGET_SUPPORT = """
DELETE FROM support_grant AS g
 WHERE g.agency_id = $1 AND LEAST(g.expires_at, g.revoked_at) < $2
   AND NOT EXISTS (SELECT FROM token AS t WHERE t.agency_id = $1 AND t.support_grant_id = g.id)
"""
_FORGET_TRACES = """
DELETE FROM terminal_trace
 WHERE agency_id = $1 AND id IN (SELECT id FROM terminal_trace WHERE agency_id = $1 AND at < $2 LIMIT $3)
"""
_FORGET_SESSIONS_OF = "DELETE FROM token WHERE agency_id = $1 AND subject = 'patron' AND subject_id = $2"


async def forget_staff(tx: Transaction, before: datetime) -> int:
    staff = [row["id"] for row in await tx.rows(_STAFF, tx.agency, before)]
    await tx.execute(_FORGET_ROLES, tx.agency, staff)
    for forget in _FORGET_SIGN_IN:
        await tx.execute(forget, tx.agency, staff)
    return await tx.execute(_FORGET_STAFF, tx.agency, staff)


async def forget_support(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_SUPPORT, tx.agency, before)


async def forget_traces(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_TRACES, tx.agency, before, BATCH)


async def forget_sessions_of(tx: Transaction, patron: PatronId) -> None:
    await tx.execute(_FORGET_SESSIONS_OF, tx.agency, patron)
