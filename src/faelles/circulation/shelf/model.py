"""The hold shelf as those who tend it see it. Numbers and copies; whose they are is the holds' to say."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from faelles.circulation.desk.issues import IssueNamed
from faelles.ground.ids import BranchId, HoldId, ItemId, ItemNumber


class OnShelf(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that is ready to be picked up."""

    number: int
    item: ItemId
    item_number: ItemNumber
    title: str
    issue: IssueNamed | None
    hold: HoldId
    since: datetime
    pickup_deadline: date | None


class LeftOnShelf(msgspec.Struct, frozen=True, kw_only=True):
    """How many holds a patron did not collect."""

    holds: int


class ClearedFor(StrEnum):
    """What becomes of a copy that is taken off the shelf."""

    NEXT_IN_LINE = "next_in_line"
    """Another hold has it now: scan it, and the scan says where it goes."""
    SOMEBODY_WAITS = "somebody_waits"
    """Somebody is in line for such a copy: whether it fits them by the rules is found out by the scan."""
    NOBODY = "nobody"
    WITHDRAWAL = "withdrawal"
    """It is withdrawn, and taken out of the stock."""


class ClearedBecause(StrEnum):
    """Why a copy is to be taken off the shelf though its hold is not over."""

    WITHDRAWN = "withdrawn"
    """The copy is; its hold waits for another."""
    PUT_BACK = "put_back"
    """Staff gave it up for this hold."""
    MOVED = "moved"
    """It is picked up at another branch now."""


class ToClear(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that stands there for nobody: its hold expired or was cancelled, or has lost it, or is to be picked up
    elsewhere.
    """

    number: int
    item: ItemId
    item_number: ItemNumber
    title: str
    issue: IssueNamed | None
    hold: HoldId
    why: str
    """Why the hold is over, as `ClosedWhy` has it; where it has let go of the copy, or waits for it elsewhere, as
    `ClearedBecause`.
    """
    since: datetime
    goes_to: ClearedFor
    next_hold: HoldId | None
    next_pickup: BranchId | None
