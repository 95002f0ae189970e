"""The SQL of staff, roles, and the roles that staff hold."""

from collections.abc import Sequence

import asyncpg

from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import BranchId, DivisionId, RoleId, StaffId
from faelles.people.staff.model import NewRole, NewStaff, RoleChange, StaffChange

_INSERT = "INSERT INTO staff (agency_id, username, name, language) VALUES ($1, $2, $3, $4) RETURNING id"
_HELD_ROLES = """
       COALESCE((SELECT jsonb_agg(jsonb_build_object('id', h.id, 'role', r.code, 'branch', h.branch_id,
                                                     'division', COALESCE(h.division_id, b.division_id)) ORDER BY h.id)
                   FROM staff_role AS h
                   JOIN role AS r ON r.agency_id = h.agency_id AND r.id = h.role_id
                   LEFT JOIN branch_directory AS b ON b.agency_id = h.agency_id AND b.branch_id = h.branch_id
                  WHERE h.agency_id = s.agency_id AND h.staff_id = s.id), '[]')::text AS roles
"""
_LOAD = f"""
SELECT s.id, s.username, s.name, s.language, s.password_hash IS NOT NULL AS has_password, s.disabled_at, {_HELD_ROLES}
  FROM staff AS s
 WHERE s.agency_id = $1 AND s.id = $2::bigint
"""
_LIST = f"""
SELECT s.id, s.username, s.name, s.language, s.password_hash IS NOT NULL AS has_password, s.disabled_at, {_HELD_ROLES}
  FROM staff AS s
 WHERE s.agency_id = $1 AND s.username > $2
 ORDER BY s.username
 LIMIT $3
"""
_LOCK = "SELECT id, username, disabled_at FROM staff WHERE agency_id = $1 AND id = $2::bigint FOR NO KEY UPDATE"
_UPDATE = """
UPDATE staff SET name = COALESCE($3, name), language = COALESCE($4, language),
                 disabled_at = CASE $5::boolean WHEN true THEN COALESCE(disabled_at, $6) WHEN false THEN NULL
                                                ELSE disabled_at END
 WHERE agency_id = $1 AND id = $2::bigint
"""
_SET_HASH = "UPDATE staff SET password_hash = $3 WHERE agency_id = $1 AND id = $2::bigint"
_CREDENTIAL = """
SELECT id, username, language, password_hash FROM staff WHERE agency_id = $1 AND username = $2 AND disabled_at IS NULL
"""
_LOCK_HASH = """
SELECT password_hash FROM staff WHERE agency_id = $1 AND id = $2::bigint AND disabled_at IS NULL FOR NO KEY UPDATE
"""
_SET_DESK_PIN = "UPDATE staff SET desk_pin_hash = $3 WHERE agency_id = $1 AND id = $2::bigint"
_DESK_CREDENTIAL = """
SELECT id, language, desk_pin_hash FROM staff WHERE agency_id = $1 AND username = $2 AND disabled_at IS NULL
"""
_USERNAME = "SELECT username FROM staff WHERE agency_id = $1 AND id = $2::bigint"
_GRANTS = """
SELECT COALESCE(jsonb_agg(jsonb_build_object('permissions', r.permissions, 'branch', h.branch_id,
                                             'division', COALESCE(h.division_id, b.division_id))), '[]')::text
  FROM staff_role AS h
  JOIN role AS r ON r.agency_id = h.agency_id AND r.id = h.role_id
  LEFT JOIN branch_directory AS b ON b.agency_id = h.agency_id AND b.branch_id = h.branch_id
 WHERE h.agency_id = $1 AND h.staff_id = $2::bigint
"""
_ASSIGN = """
INSERT INTO staff_role (agency_id, staff_id, role_id, division_id, branch_id) VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_HELD = """
SELECT h.id, r.code, r.permissions, h.branch_id, COALESCE(h.division_id, b.division_id) AS division_id
  FROM staff_role AS h
  JOIN role AS r ON r.agency_id = h.agency_id AND r.id = h.role_id
  LEFT JOIN branch_directory AS b ON b.agency_id = h.agency_id AND b.branch_id = h.branch_id
 WHERE h.agency_id = $1 AND h.staff_id = $2::bigint AND h.id = $3::bigint
"""
_WITHDRAW = "DELETE FROM staff_role WHERE agency_id = $1 AND staff_id = $2::bigint AND id = $3::bigint"
_DIVISION_OF_BRANCH = "SELECT division_id FROM branch_directory WHERE agency_id = $1 AND branch_id = $2::bigint"

_ROLES = """
SELECT id, code, name, permissions, needs_one_time FROM role WHERE agency_id = $1 AND code > $2 ORDER BY code LIMIT $3
"""
_ROLE = "SELECT id, code, name, permissions FROM role WHERE agency_id = $1 AND code = $2 FOR SHARE"
_LOCK_ROLE = "SELECT id, code, name, permissions FROM role WHERE agency_id = $1 AND code = $2 FOR NO KEY UPDATE"
_INSERT_ROLE = """
INSERT INTO role (agency_id, code, name, permissions, needs_one_time) VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
_SEED_ROLE = """
INSERT INTO role (agency_id, code, name, permissions) VALUES ($1, $2, $3, $4)
ON CONFLICT (agency_id, code) DO NOTHING
"""
_UPDATE_ROLE = """
UPDATE role SET name = COALESCE($3, name), permissions = COALESCE($4, permissions),
                needs_one_time = COALESCE($5, needs_one_time)
 WHERE agency_id = $1 AND id = $2::bigint
"""

_UNKNOWN_PLACE = {"staff_role_division": "division_unknown", "staff_role_branch": "branch_unknown"}


async def insert(tx: Transaction, new: NewStaff) -> StaffId:
    """Raises ConflictError where the username is taken."""
    try:
        return StaffId(await tx.value(_INSERT, tx.agency, new.username, new.name, new.language.value))
    except asyncpg.UniqueViolationError:
        raise ConflictError("staff_username_taken") from None


async def load(tx: Transaction, staff: StaffId) -> Row | None:
    return await tx.row(_LOAD, tx.agency, staff)


async def page(tx: Transaction, after: str, limit: int) -> Sequence[Row]:
    return await tx.rows(_LIST, tx.agency, after, limit)


async def lock(tx: Transaction, staff: StaffId) -> Row | None:
    return await tx.row(_LOCK, tx.agency, staff)


async def update(tx: Transaction, staff: StaffId, change: StaffChange) -> None:
    language = None if change.language is None else change.language.value
    await tx.execute(_UPDATE, tx.agency, staff, change.name, language, change.is_disabled, tx.now)


async def set_password_hash(tx: Transaction, staff: StaffId, password_hash: str) -> None:
    await tx.execute(_SET_HASH, tx.agency, staff, password_hash)


async def credential(tx: Transaction, username: str) -> Row | None:
    """What signing in needs of an enabled user: id, language, password_hash (which may be NULL)."""
    return await tx.row(_CREDENTIAL, tx.agency, username)


async def set_desk_pin_hash(tx: Transaction, staff: StaffId, pin_hash: bytes | None) -> None:
    await tx.execute(_SET_DESK_PIN, tx.agency, staff, pin_hash)


async def desk_credential(tx: Transaction, username: str) -> Row | None:
    """What changing places at a desk needs of an enabled user: id, language, desk_pin_hash (which may be NULL)."""
    return await tx.row(_DESK_CREDENTIAL, tx.agency, username)


async def lock_password_hash(tx: Transaction, staff: StaffId) -> str | None:
    found: str | None = await tx.value(_LOCK_HASH, tx.agency, staff)
    return found


async def username_of(tx: Transaction, staff: StaffId) -> str | None:
    found: str | None = await tx.value(_USERNAME, tx.agency, staff)
    return found


async def grants_json(tx: Transaction, staff: StaffId) -> str:
    """What a user's roles allow, in the form that tokens are answered with."""
    found: str = await tx.value(_GRANTS, tx.agency, staff)
    return found


async def assign(
    tx: Transaction, staff: StaffId, role: RoleId, division: DivisionId | None, branch: BranchId | None
) -> int:
    """Raises ConflictError where it is held already, NotFoundError where the place is not in the agency."""
    try:
        held: int = await tx.value(_ASSIGN, tx.agency, staff, role, division, branch)
    except asyncpg.UniqueViolationError:
        raise ConflictError("staff_role_held_once") from None
    except asyncpg.ForeignKeyViolationError as problem:
        raise NotFoundError(_UNKNOWN_PLACE[problem.constraint_name or ""]) from None
    return held


async def held(tx: Transaction, staff: StaffId, held_role: int) -> Row | None:
    return await tx.row(_HELD, tx.agency, staff, held_role)


async def withdraw(tx: Transaction, staff: StaffId, held_role: int) -> None:
    await tx.execute(_WITHDRAW, tx.agency, staff, held_role)


async def division_of_branch(tx: Transaction, branch: BranchId) -> DivisionId:
    """Raises NotFoundError for a branch that is not the agency's."""
    division: DivisionId | None = await tx.value(_DIVISION_OF_BRANCH, tx.agency, branch)
    if division is None:
        raise NotFoundError("branch_unknown")
    return DivisionId(division)


async def roles(tx: Transaction, after: str, limit: int) -> Sequence[Row]:
    return await tx.rows(_ROLES, tx.agency, after, limit)


async def role(tx: Transaction, code: str) -> Row | None:
    """A role that stays as it is until the transaction ends."""
    return await tx.row(_ROLE, tx.agency, code)


async def lock_role(tx: Transaction, code: str) -> Row | None:
    return await tx.row(_LOCK_ROLE, tx.agency, code)


async def insert_role(tx: Transaction, new: NewRole) -> RoleId:
    """Raises ConflictError where the code is taken."""
    try:
        values = (new.code, new.name, sorted(new.permissions), new.needs_one_time)
        return RoleId(await tx.value(_INSERT_ROLE, tx.agency, *values))
    except asyncpg.UniqueViolationError:
        raise ConflictError("role_code_taken") from None


async def seed_roles(tx: Transaction, wanted: Sequence[NewRole]) -> None:
    """Add those of `wanted` whose code the agency does not have; leave what it has made of the others."""
    await tx.execute_many(_SEED_ROLE, [(tx.agency, role.code, role.name, sorted(role.permissions)) for role in wanted])


async def update_role(tx: Transaction, role: RoleId, change: RoleChange, permissions: Sequence[str] | None) -> None:
    await tx.execute(_UPDATE_ROLE, tx.agency, role, change.name, permissions, change.needs_one_time)
