"""The vans of the demonstration: each leaves the main branch in the morning and is back there by noon."""

from datetime import time

from faelles.agencies.model import BranchKind
from faelles.circulation.transit.model import NewVan, Round, VanStop
from faelles.circulation.transit.rounds import add_van, list_vans
from faelles.demo.samples import main_branch
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId
from faelles.people.model import system_caller
from faelles.policies.compiled import Settings

_FEWEST_BRANCHES = 4
"""With fewer, whoever goes home takes the crates along."""
_MOST_STOPS = 15
_FIRST_HOUR = 7
_WORKDAYS = range(1, 6)


async def furnish(tx: Transaction, settings: Settings) -> int:
    """Vans to all public branches where there are many and none yet; how many."""
    main = main_branch(settings).id
    others = sorted(
        each.id
        for each in settings.directory.branches.values()
        if each.kind is BranchKind.PUBLIC and each.is_pickup and each.id != main
    )
    caller = system_caller(tx.agency)
    if len(others) + 1 < _FEWEST_BRANCHES or await list_vans(tx, caller):
        return 0
    ways = [others[first : first + _MOST_STOPS] for first in range(0, len(others), _MOST_STOPS)]
    for number, way in enumerate(ways, 1):
        stops = _stops([main, *way, main])
        rounds = tuple(Round(weekday=day, stops=stops) for day in _WORKDAYS)
        await add_van(tx, caller, NewVan(name=f"Bil {number}", rounds=rounds))
    return len(ways)


def _stops(way: list[BranchId]) -> tuple[VanStop, ...]:
    """A quarter of an hour from branch to branch."""
    quarters = [divmod(number, 4) for number in range(len(way))]
    return tuple(
        VanStop(branch=branch, calls_at=time(_FIRST_HOUR + hours, quarter * 15))
        for branch, (hours, quarter) in zip(way, quarters, strict=True)
    )
