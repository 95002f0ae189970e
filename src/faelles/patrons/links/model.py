"""Links that prove whose mail it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from faelles.ground.ids import DivisionId, PatronId
from faelles.patrons.model import Pin


class Purpose(StrEnum):
    PIN_RESET = "pin_reset"
    EMAIL_VERIFICATION = "email_verification"


GOOD_FOR: Final = {Purpose.PIN_RESET: timedelta(hours=1), Purpose.EMAIL_VERIFICATION: timedelta(days=3)}
MOST_OPEN: Final = 3
"""So many links of a purpose may be open for one patron; who asks for more has mail already."""

Token = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\n)")]


class UsePinReset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stood in the mail, and the PIN to have from now on."""

    token: Token
    pin: Pin

    def __repr__(self) -> str:
        return "UsePinReset()"


class Asked(StrEnum):
    """What became of a request for a link."""

    SENT = "sent"
    NOBODY = "nobody"
    SEVERAL = "several"
    """More than one patron has the address: nobody knows whose PIN is meant."""


@dataclass(frozen=True, slots=True)
class Link:
    id: int
    patron: PatronId
    purpose: Purpose
    address: str | None
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A new link. `token` goes into the mail, and nowhere else."""

    id: int
    patron: PatronId
    division: DivisionId
    token: str

    def __repr__(self) -> str:
        return f"MadeLink({self.id})"
