"""What is told of fetching."""

from faelles.ground.events import Event
from faelles.ground.ids import BranchId, HoldId, ItemId


def not_on_shelf(hold: HoldId, item: ItemId, branch: BranchId, tries: int) -> Event:
    return Event(kind="hold.not_on_shelf", hold=hold, item=item, dimensions={"branch": branch, "tries": tries})


def item_missing(item: ItemId, branch: BranchId) -> Event:
    return Event(kind="item.missing", item=item, dimensions={"branch": branch})
