"""How a patron is named in a request, and what a caller may ask to step over."""

from typing import Annotated

import msgspec

from faelles.circulation.desk.blocks import BlockCode
from faelles.ground.fields import Id, Scan

Pin = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Overrides = Annotated[frozenset[BlockCode], msgspec.Meta(max_length=20)]


class Borrower(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A patron by what was scanned, or by id. One of the two."""

    card: Scan | None = None
    patron: Id | None = None

    def __post_init__(self) -> None:
        if (self.card is None) == (self.patron is None):
            raise ValueError("either card or patron")

    def __repr__(self) -> str:
        return "Borrower()"


NOBODY = Borrower(card="-")
"""In place of a borrower who must not be named."""
