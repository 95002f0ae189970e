"""What is asked and answered about support access."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import ShortText
from faelles.people.staff.model import Username

Hours = Annotated[int, Meta(ge=1, le=168)]
"""A week at most: what takes longer is granted again."""


class NewSupportGrant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without an operator any of the operator's supporters may enter; with one, only whoever has that username."""

    reason: ShortText
    hours: Hours
    operator: Username | None = None


class SupportGranted(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    expires_at: datetime


class SupportGrant(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    operator: str | None
    reason: str
    granted_by: str
    granted_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
