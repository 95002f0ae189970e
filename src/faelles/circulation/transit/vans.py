"""Which days copies travel, and what a driver fetches and leaves where. Pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from faelles.circulation.transit.model import Load, RouteSheet, SheetStop, Van, VanStop
from faelles.ground.ids import BranchId

LOOKED_AHEAD = 28
"""Days within which a round must bring a copy on; a pair that none connects by then is not connected."""

IsOpen = Callable[[BranchId, date], bool]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Copies that wait at one branch for a van to another."""

    from_branch: BranchId
    to_branch: BranchId
    copies: int
    crates: tuple[str, ...] = ()


def days_between(vans: Sequence[Van], today: date, is_open: IsOpen) -> dict[tuple[BranchId, BranchId], int]:
    """Days until a copy that lies at one branch today can lie at another, for each pair that a single round connects.

    A van stops only where somebody is there that day; what is not fetched waits for the next round.
    """
    days: dict[tuple[BranchId, BranchId], int] = {}
    for ahead in range(LOOKED_AHEAD):
        day = today + timedelta(days=ahead)
        for van in vans:
            stops = [stop.branch for stop in _stops_on(van, day) if is_open(BranchId(stop.branch), day)]
            for place, start in enumerate(stops):
                for end in stops[place + 1 :]:
                    if start != end:
                        days.setdefault((BranchId(start), BranchId(end)), ahead)
    return days


def _stops_on(van: Van, day: date) -> tuple[VanStop, ...]:
    return next((each.stops for each in van.rounds if each.weekday == day.isoweekday()), ())


def route_sheet(
    van: Van,
    day: date,
    *,
    waiting: Sequence[Waiting],
    foreign: Mapping[BranchId, int],
    name_of: Callable[[BranchId], str],
    is_open: IsOpen,
) -> RouteSheet:
    """What the driver fetches and leaves at each stop. A copy is fetched where the round comes to its branch later; a
    branch that is called at twice is served the first time it can be.
    """
    stops = [(BranchId(stop.branch), stop.calls_at) for stop in _stops_on(van, day)]
    open_stops = [place for place, (branch, _) in enumerate(stops) if is_open(branch, day)]
    fetched: dict[int, list[Load]] = defaultdict(list)
    left: dict[int, list[Load]] = defaultdict(list)
    for each in sorted(waiting, key=lambda one: (one.from_branch, one.to_branch)):
        ride = _ride(open_stops, stops, each)
        if ride is None:
            continue
        start, end = ride
        fetched[start].append(_load(each, each.to_branch, name_of))
        left[end].append(_load(each, each.from_branch, name_of))
    return RouteSheet(
        van=van.id,
        name=van.name,
        day=day,
        stops=tuple(
            SheetStop(
                branch=branch,
                name=name_of(branch),
                calls_at=calls_at,
                is_closed=place not in open_stops,
                fetch=tuple(fetched[place]),
                leave=tuple(left[place]),
                foreign=foreign.get(branch, 0) if place in open_stops else 0,
            )
            for place, (branch, calls_at) in enumerate(stops)
        ),
    )


def _ride(open_stops: Sequence[int], stops: Sequence[tuple[BranchId, object]], each: Waiting) -> tuple[int, int] | None:
    """Where in the round it gets on and off; None where this round does not take it."""
    for start in open_stops:
        if stops[start][0] != each.from_branch:
            continue
        end = next((place for place in open_stops if place > start and stops[place][0] == each.to_branch), None)
        if end is not None:
            return start, end
    return None


def _load(each: Waiting, branch: BranchId, name_of: Callable[[BranchId], str]) -> Load:
    return Load(branch=branch, name=name_of(branch), copies=each.copies, crates=each.crates)
