"""The SQL of one-time passwords."""

from collections.abc import Sequence

from faelles.ground.database import Row, Transaction
from faelles.ground.ids import StaffId

_STANDING = """
SELECT EXISTS (SELECT FROM staff_one_time WHERE agency_id = $1 AND staff_id = $2::bigint) AS is_enrolled,
       EXISTS (SELECT FROM staff_role AS h
                 JOIN role AS r ON r.agency_id = h.agency_id AND r.id = h.role_id
                WHERE h.agency_id = $1 AND h.staff_id = $2::bigint AND r.needs_one_time) AS is_required,
       (SELECT o.since FROM staff_one_time AS o WHERE o.agency_id = $1 AND o.staff_id = $2::bigint) AS since,
       (SELECT count(*) FROM staff_recovery_code WHERE agency_id = $1 AND staff_id = $2::bigint) AS recovery_codes
"""
_LOCK = "SELECT secret, last_step FROM staff_one_time WHERE agency_id = $1 AND staff_id = $2::bigint FOR UPDATE"
_SAVE = """
INSERT INTO staff_one_time (agency_id, staff_id, secret, since, last_step) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency_id, staff_id)
DO UPDATE SET secret = excluded.secret, since = excluded.since, last_step = excluded.last_step
"""
_NOTE_STEP = "UPDATE staff_one_time SET last_step = $3 WHERE agency_id = $1 AND staff_id = $2::bigint"
_REMOVE = "DELETE FROM staff_one_time WHERE agency_id = $1 AND staff_id = $2::bigint"
_REMOVE_CODES = "DELETE FROM staff_recovery_code WHERE agency_id = $1 AND staff_id = $2::bigint"
_ADD_CODE = "INSERT INTO staff_recovery_code (agency_id, staff_id, code_hash) VALUES ($1, $2, $3)"
_USE_CODE = """
DELETE FROM staff_recovery_code WHERE agency_id = $1 AND staff_id = $2::bigint AND code_hash = ANY ($3::bytea[])
"""
_CODES_LEFT = "SELECT count(*) FROM staff_recovery_code WHERE agency_id = $1 AND staff_id = $2::bigint"


async def standing(tx: Transaction, staff: StaffId) -> Row:
    found = await tx.row(_STANDING, tx.agency, staff)
    assert found is not None  # noqa: S101 - a SELECT without FROM has one row
    return found


async def lock(tx: Transaction, staff: StaffId) -> Row | None:
    """The sealed secret and the step used last; who uses a code at the same time waits."""
    return await tx.row(_LOCK, tx.agency, staff)


async def save(tx: Transaction, staff: StaffId, sealed: bytes, step: int, code_hashes: Sequence[bytes]) -> None:
    """In place of what there was, recovery codes included."""
    await tx.execute(_SAVE, tx.agency, staff, sealed, tx.now, step)
    await tx.execute(_REMOVE_CODES, tx.agency, staff)
    await tx.execute_many(_ADD_CODE, [(tx.agency, staff, each) for each in code_hashes])


async def note_step(tx: Transaction, staff: StaffId, step: int) -> None:
    await tx.execute(_NOTE_STEP, tx.agency, staff, step)


async def remove(tx: Transaction, staff: StaffId) -> bool:
    await tx.execute(_REMOVE_CODES, tx.agency, staff)
    return await tx.execute(_REMOVE, tx.agency, staff) == 1


async def use_recovery_code(tx: Transaction, staff: StaffId, code_hashes: Sequence[bytes]) -> bool:
    return await tx.execute(_USE_CODE, tx.agency, staff, code_hashes) == 1


async def recovery_codes_left(tx: Transaction, staff: StaffId) -> int:
    left: int = await tx.value(_CODES_LEFT, tx.agency, staff)
    return left
