"""What happens to copies on their way. `hold` where one of them was for somebody."""

from faelles.ground.events import Event
from faelles.ground.ids import BranchId, HoldId, ItemId, JourneyId


def journey_sent(journey: JourneyId, item: ItemId, start: BranchId, end: BranchId, reason: str) -> Event:
    return Event(
        kind="journey.sent",
        subject=journey,
        item=item,
        dimensions={"branch": start, "to_branch": end, "reason": reason},
    )


def journey_overdue(journey: JourneyId, item: ItemId, start: BranchId, end: BranchId) -> Event:
    return Event(kind="journey.overdue", subject=journey, item=item, dimensions={"branch": start, "to_branch": end})


def journey_lost(journey: JourneyId, item: ItemId, end: BranchId, hold: HoldId | None) -> Event:
    return Event(kind="journey.lost", subject=journey, item=item, hold=hold, dimensions={"to_branch": end})


def crate_packed(crate: int, start: int, end: int) -> Event:
    return Event(kind="crate.packed", subject=crate, dimensions={"branch": start, "to_branch": end})


def crate_sent(crate: int, copies: int) -> Event:
    return Event(kind="crate.sent", subject=crate, dimensions={"copies": copies})


def crate_received(crate: int, copies: int) -> Event:
    return Event(kind="crate.received", subject=crate, dimensions={"copies": copies})


def foreign_handed_over(branch: BranchId, books: int) -> Event:
    return Event(kind="foreign.handed_over", subject=branch, dimensions={"books": books})


def van_changed(van: int) -> Event:
    return Event(kind="van.changed", subject=van)


def van_retired(van: int) -> Event:
    return Event(kind="van.retired", subject=van)
