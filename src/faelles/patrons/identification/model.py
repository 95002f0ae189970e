"""Requests about identifiers."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from faelles.ground.fields import Id
from faelles.patrons.model import IdentifierText, Pin


class ReplaceCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`identifier` is the id of the card that no longer holds; without a `card` the patron is left with none."""

    identifier: Id
    why: Literal["replaced", "lost", "stolen", "corrected"]
    card: IdentifierText | None = None


class EndIdentifier(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    why: Literal["replaced", "lost", "stolen", "corrected"]


class BlockCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card by its number, lost or stolen."""

    value: IdentifierText
    why: Literal["lost", "stolen"] = "lost"

    def __repr__(self) -> str:
        return f"BlockCard({self.why})"


class ChangeCpr(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new number in place of the present one, which stays found as history."""

    cpr: Annotated[str, Meta(min_length=10, max_length=11)]
    why: Literal["replaced", "corrected"] = "replaced"

    def __repr__(self) -> str:
        return f"ChangeCpr({self.why})"


class SetPin(Struct, frozen=True, forbid_unknown_fields=True):
    pin: Pin

    def __repr__(self) -> str:
        return "SetPin()"
