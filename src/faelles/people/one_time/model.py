"""What is asked and answered about one-time passwords."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import PRINTABLE

OneTimeCode = Annotated[str, Meta(min_length=1, max_length=40, pattern=PRINTABLE)]
"""Six digits from the telephone, or a recovery code, as somebody types it."""


class Standing(msgspec.Struct, frozen=True):
    """Whether somebody's telephone is known, and whether one of their roles asks for it."""

    is_enrolled: bool
    is_required: bool


class Enrolment(msgspec.Struct, frozen=True):
    """`secret` in base32, as it is typed where a picture cannot be taken; `address` as it stands in the picture."""

    secret: str
    address: str

    def __repr__(self) -> str:
        return "Enrolment()"


class OneTime(msgspec.Struct, frozen=True):
    """How somebody stands: since when their telephone is known, and how many recovery codes are left."""

    since: datetime | None
    recovery_codes: int
    is_required: bool
