"""What is asked and answered about staff and roles."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import Code, Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import RoleId, StaffId
from faelles.people.model import Permission

Username = Annotated[str, Meta(min_length=2, max_length=64, pattern=r"^[a-z0-9][a-z0-9._@-]*$")]
"""Small letters, digits and `._@-`: what survives being read out on the telephone."""
Typed = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""A username, password or secret as somebody types it to sign in; no form is demanded of what may be wrong."""


class NewStaff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A staff user without a password cannot sign in yet."""

    username: Username
    name: ShortText
    language: Language = Language.DANISH
    password: Typed | None = None


class StaffChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None leaves as it is. A disabled user's sessions end, and they cannot sign in."""

    name: ShortText | None = None
    language: Language | None = None
    is_disabled: bool | None = None


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Typed


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role at a branch, or in a whole division, or (neither given) in the whole agency."""

    role: Code
    division: Id | None = None
    branch: Id | None = None


class RoleHeld(msgspec.Struct, frozen=True, kw_only=True):
    """`division` is also given for a branch: the one it belongs to."""

    id: int
    role: str
    division: int | None
    branch: int | None


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    id: StaffId
    username: str
    name: str
    language: Language
    has_password: bool
    disabled_at: datetime | None
    roles: list[RoleHeld]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    id: RoleId
    code: str
    name: str
    permissions: list[str]
    needs_one_time: bool
    """Whoever holds it and signs in with a password gives a one-time password besides."""


class NewRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    name: ShortText
    permissions: frozenset[Permission]
    needs_one_time: bool = False


class RoleChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None leaves as it is."""

    name: ShortText | None = None
    permissions: frozenset[Permission] | None = None
    needs_one_time: bool | None = None
