"""What came of replacing a card."""

from msgspec import Struct

from faelles.ground.money import Ore


class CardReplaced(Struct, frozen=True, kw_only=True):
    identifier: int | None
    """The new card's id; None where the patron is left without a card."""
    charged_ore: Ore
