"""The neighbours that deal with money."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import ShortText

Address = Annotated[str, Meta(max_length=300, pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/%-]*)?$(?!\n)")]
Secret = Annotated[str, Meta(min_length=16, max_length=200, pattern=r"^[\x21-\x7e]+$(?!\n)")]


class Role(StrEnum):
    PAYMENTS = "payments"
    DEBTS = "debts"


class Adapter(StrEnum):
    HTTP = "http"
    FILE_DROP = "file_drop"
    """A directory that both sides reach; for debts alone."""
    BUILT_IN = "built_in"
    """A pretended one, for demonstrations and tests; refused in production."""


class SetNeighbour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    adapter: Adapter
    address: Address | None = None
    """Of an HTTP system; https, but on this machine."""
    merchant: ShortText | None = None
    """What the system knows the library by."""
    secret: Secret | None = None
    """What both sides sign with. Left out: the one that is kept, or a new one."""

    def __repr__(self) -> str:
        return "SetNeighbour()"


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A neighbour as it is shown: the secret is not."""

    role: Role
    adapter: Adapter
    address: str | None
    merchant: str | None
    set_at: datetime
    set_by: str


class NeighbourSet(msgspec.Struct, frozen=True, kw_only=True):
    secret: str | None
    """A new one that was made now, to be told to the other side: it is in this answer and nowhere else."""

    def __repr__(self) -> str:
        return "NeighbourSet()"


class KnownNeighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A neighbour as it is spoken to."""

    neighbour: Neighbour
    secret: str

    def __repr__(self) -> str:
        return f"KnownNeighbour({self.neighbour.role})"
