"""Holds that nothing can fill."""

from datetime import datetime

import msgspec

from faelles.circulation.holds.model import HoldShown
from faelles.ground.i18n import Language, text


class UnfillableHold(msgspec.Struct, frozen=True, kw_only=True):
    """`why`: a code as in `why_not`, so since `since`. `was_known`: it was placed though there was nothing to fill it,
    as for a title that is still to come.
    """

    hold: HoldShown
    why: str
    since: datetime
    was_known: bool

    def told(self, language: Language) -> str:
        """Why, in words."""
        return text(f"why_not_{self.why}", language, {"position": self.hold.position or 0})
