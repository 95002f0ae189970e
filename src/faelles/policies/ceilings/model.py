"""What is asked and answered about the national ceilings."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import Code, PageSize, ShortText
from faelles.policies.requests import Moment

HighestOre = Annotated[int, Meta(ge=0, le=100_000_000)]
"""0: nobody may ask anything for it."""


class SetCeiling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that anybody may ask under the knob `knob`, which must be an amount of money."""

    knob: Code
    highest_ore: HighestOre
    source: ShortText
    """Where the figure stands: a law, a circular, a collection of tariffs."""
    valid_from: Moment | None = None
    """None: from now on."""


class ListCeilings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    knob: Code | None = None
    include_past_and_planned: bool = False
    after: int = 0
    limit: PageSize = 50


class CeilingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A ceiling as it is stored, over the period it holds for; null is open on that side."""

    id: int
    knob: str
    highest_ore: int
    source: str
    was_never_in_force: bool
    """Taken back before it began; it has no period."""
    valid_from: datetime | None
    valid_until: datetime | None
