"""Staff users and their roles.

Who may change a colleague: whoever holds `people_edit`, and everything the colleague holds, wherever they hold it.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

import msgspec

from faelles.ground.actor import ActorKind
from faelles.ground.crypto import Keyring
from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError
from faelles.ground.events import append
from faelles.ground.i18n import Language
from faelles.ground.ids import NATION, BranchId, DivisionId, RoleId, StaffId
from faelles.people import attempts, passwords
from faelles.people.attempts import Realm
from faelles.people.model import Caller, Grant, Permission, Subject, SubjectKind
from faelles.people.operations import end_sessions, grants_from_json, known_permissions
from faelles.people.reach import require_covering
from faelles.people.staff import events, store
from faelles.people.staff.model import (
    Assignment,
    NewPassword,
    NewRole,
    NewStaff,
    Role,
    RoleChange,
    RoleHeld,
    Staff,
    StaffChange,
)
from faelles.people.staff.rules import check_password

_roles_held = msgspec.json.Decoder(list[RoleHeld])


async def create_staff(tx: Transaction, caller: Caller, new: NewStaff) -> StaffId:
    """A user without roles. Raises ConflictError for a taken username, InvalidRequestError for a weak password."""
    caller.require(Permission.PEOPLE_EDIT)
    if new.password is not None:
        check_password(new.password, new.username)
    staff = await store.insert(tx, new)
    await append(tx, events.staff_created(staff))
    if new.password is not None:
        await replace_password(tx, staff, new.password)
    return staff


async def change_staff(tx: Transaction, caller: Caller, staff: StaffId, change: StaffChange) -> None:
    """Rename, disable, enable. Raises ConflictError for disabling oneself: somebody must be left who can undo it."""
    before = await lock_reachable(tx, caller, staff)
    if change.is_disabled and caller.actor.kind is ActorKind.STAFF and caller.actor.id == staff:
        raise ConflictError("staff_cannot_disable_self")
    await store.update(tx, staff, change)
    if change.name is not None or change.language is not None:
        await append(tx, events.staff_changed(staff))
    if change.is_disabled is True and before["disabled_at"] is None:
        await append(tx, events.staff_disabled(staff))
        await end_sessions(tx, Subject(SubjectKind.STAFF, staff))
    if change.is_disabled is False and before["disabled_at"] is not None:
        await append(tx, events.staff_enabled(staff))


async def set_password(tx: Transaction, keyring: Keyring, caller: Caller, staff: StaffId, new: NewPassword) -> None:
    """Give a colleague a new password: every session of theirs ends, and a lock on their name is lifted.

    Raises InvalidRequestError for a weak password.
    """
    before = await lock_reachable(tx, caller, staff)
    check_password(new.password, before["username"])
    await replace_password(tx, staff, new.password)
    counted_under = attempts.identifier_hash(keyring, tx.agency, Realm.STAFF, before["username"])
    await attempts.note_success(tx, counted_under)


async def replace_password(tx: Transaction, staff: StaffId, password: str) -> None:
    """For those who have checked who may and that it is good: keep the hash, end every session and the desk's PIN."""
    await store.set_password_hash(tx, staff, await passwords.hash_password(password))
    await store.set_desk_pin_hash(tx, staff, None)
    await append(tx, events.password_set(staff))
    await end_sessions(tx, Subject(SubjectKind.STAFF, staff))


async def assign_role(tx: Transaction, caller: Caller, staff: StaffId, wanted: Assignment) -> int:
    """Give a role at a place, and tell the id of the assignment.

    Raises ForbiddenError for a role that allows what the caller may not do there, ConflictError for one held already.
    """
    await lock_reachable(tx, caller, staff)
    role = await store.role(tx, wanted.role)
    if role is None:
        raise NotFoundError("role_not_found", role=wanted.role)
    if wanted.branch is not None and wanted.division is not None:
        raise ConflictError("role_at_branch_or_division")
    branch = None if wanted.branch is None else BranchId(wanted.branch)
    division = None if wanted.division is None else DivisionId(wanted.division)
    of_branch = division if branch is None else await store.division_of_branch(tx, branch)
    require_covering(caller, Grant(known_permissions(role["permissions"]), of_branch, branch))
    held = await store.assign(tx, staff, RoleId(role["id"]), division, branch)
    await append(tx, events.role_assigned(staff, role["code"], division, branch))
    return held


async def withdraw_role(tx: Transaction, caller: Caller, staff: StaffId, held_role: int) -> None:
    """Take an assignment back. Raises NotFoundError, and ForbiddenError beyond the caller's own permissions."""
    caller.require(Permission.PEOPLE_EDIT)
    held = await store.held(tx, staff, held_role)
    if held is None:
        raise NotFoundError("staff_role_not_found")
    grant = Grant(known_permissions(held["permissions"]), held["division_id"], held["branch_id"])
    require_covering(caller, grant)
    await store.withdraw(tx, staff, held_role)
    await append(tx, events.role_withdrawn(staff, held["code"], grant.division, grant.branch))


async def show_staff(tx: Transaction, caller: Caller, staff: StaffId) -> Staff:
    """Raises NotFoundError."""
    caller.require(Permission.PEOPLE_VIEW)
    row = await store.load(tx, staff)
    if row is None:
        raise NotFoundError("staff_not_found")
    return _staff(row)


async def show_self(tx: Transaction, caller: Caller) -> Staff:
    """Who one is oneself. Raises ForbiddenError for a caller who is not staff."""
    if caller.actor.kind is not ActorKind.STAFF:
        raise ForbiddenError("only_staff_have_passwords")
    row = await store.load(tx, StaffId(caller.actor.id))
    if row is None:
        raise NotFoundError("staff_not_found")
    return _staff(row)


async def list_staff(tx: Transaction, caller: Caller, *, after: str = "", limit: int = 50) -> list[Staff]:
    """The agency's staff in the order of their usernames, from the one after `after` on."""
    caller.require(Permission.PEOPLE_VIEW)
    return [_staff(row) for row in await store.page(tx, after, limit)]


async def list_roles(tx: Transaction, caller: Caller, *, after: str = "", limit: int = 50) -> list[Role]:
    """The agency's roles in the order of their codes, from the one after `after` on."""
    caller.require(Permission.PEOPLE_VIEW)
    return [
        Role(
            id=RoleId(row["id"]),
            code=row["code"],
            name=row["name"],
            permissions=row["permissions"],
            needs_one_time=row["needs_one_time"],
        )
        for row in await store.roles(tx, after, limit)
    ]


async def create_role(tx: Transaction, caller: Caller, new: NewRole) -> RoleId:
    """Raises ForbiddenError for permissions the caller does not hold everywhere, ConflictError for a taken code."""
    require_covering(caller, Grant(new.permissions))
    role = await store.insert_role(tx, new)
    await append(tx, events.role_created(role))
    return role


async def change_role(tx: Transaction, caller: Caller, code: str, change: RoleChange) -> None:
    """Rename a role or change what it allows, for everybody who holds it, from their next request on.

    Raises ForbiddenError where what it allowed or shall allow is more than the caller holds everywhere.
    """
    caller.require(Permission.PEOPLE_EDIT)
    role = await store.lock_role(tx, code)
    if role is None:
        raise NotFoundError("role_not_found", role=code)
    require_covering(caller, Grant(known_permissions(role["permissions"]) | (change.permissions or frozenset())))
    permissions = None if change.permissions is None else sorted(change.permissions)
    await store.update_role(tx, RoleId(role["id"]), change, permissions)
    await append(tx, events.role_changed(RoleId(role["id"])))


async def seed_roles(tx: Transaction) -> None:
    """Give the transaction's agency the roles every agency starts with. Safe to run again."""
    wanted = [seed.role for seed in _seeds() if tx.agency == NATION or not seed.is_national]
    await store.seed_roles(tx, wanted)


class _Seed(msgspec.Struct, frozen=True):
    role: NewRole
    is_national: bool


@cache
def _seeds() -> Sequence[_Seed]:
    text = (resources.files("faelles.people.staff") / "roles.toml").read_text(encoding="utf-8")
    return [
        _Seed(msgspec.convert(entry, NewRole), is_national)
        for entry in tomllib.loads(text)["role"]
        for is_national in [entry.pop("is_national", False)]
    ]


async def lock_reachable(tx: Transaction, caller: Caller, staff: StaffId) -> Row:
    """The colleague's row, once it is clear that the caller may touch them; for the rooms about staff beside this."""
    caller.require(Permission.PEOPLE_EDIT)
    row = await store.lock(tx, staff)
    if row is None:
        raise NotFoundError("staff_not_found")
    for grant in grants_from_json(await store.grants_json(tx, staff)):
        require_covering(caller, grant)
    return row


def _staff(row: Row) -> Staff:
    return Staff(
        id=StaffId(row["id"]),
        username=row["username"],
        name=row["name"],
        language=Language(row["language"]),
        has_password=row["has_password"],
        disabled_at=row["disabled_at"],
        roles=_roles_held.decode(row["roles"]),
    )
