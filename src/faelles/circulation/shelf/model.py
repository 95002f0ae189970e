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
    """Somebody is in line for the title: whether it fits them is found out by the scan."""
    NOBODY = "nobody"


class ToClear(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that stands there for nobody: its hold expired, was cancelled, or is to be picked up elsewhere."""

    number: int
    item: ItemId
    item_number: ItemNumber
    title: str
    issue: IssueNamed | None
    hold: HoldId
    why: str
    """Why the hold is over; `moved` where it is not."""
    since: datetime
    goes_to: ClearedFor
    next_hold: HoldId | None
    next_pickup: BranchId | None
