"""The pure function alone, over as many titles as a country has queues."""

import random
from collections.abc import Iterator
from time import process_time
from typing import Final

import msgspec

from faelles.circulation.holds.fitting import Demand, Supply
from faelles.circulation.holds.matching import ANY_ISSUE, Cost, Costs, Free, Wanting, match
from faelles.ground.ids import BranchId, DivisionId, HoldId, ItemId, MaterialGroupId, PatronGroupId, PlacementId

TITLES: Final = 100_000
_BRANCHES: Final = 8
_SEED: Final = 20270301
_COSTS: Final = Costs()


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """`served`: holds that got a copy. `seconds` are of CPU: nothing here waits."""

    titles: int
    holds: int
    served: int
    seconds: float


def match_alone(titles: int = TITLES) -> Matched:
    """Match made-up titles: most have a short queue and a few copies, one in a thousand 2,000 holds and 400 copies."""
    chance = random.Random(_SEED)  # noqa: S311 - made-up queues, the same each time
    seconds, holds, served = 0.0, 0, 0
    for number in range(titles):
        queue, copies = _long(chance) if number % 1000 == 0 else _short(chance)
        started = process_time()
        plan = match(queue, copies, _judge)
        seconds += process_time() - started
        holds += len(queue)
        served += len(plan.assigned)
    return Matched(titles=titles, holds=holds, served=served, seconds=seconds)


def _judge(supply: Supply, demand: Demand) -> Cost:
    return _COSTS.between(supply.branch, demand.pickup)


def _short(chance: random.Random) -> tuple[list[Wanting], list[Free]]:
    return list(_queue(chance, chance.randint(1, 5))), list(_copies(chance, chance.randint(0, 3)))


def _long(chance: random.Random) -> tuple[list[Wanting], list[Free]]:
    return list(_queue(chance, 2_000)), list(_copies(chance, 400))


def _queue(chance: random.Random, number: int) -> Iterator[Wanting]:
    demands = [
        Demand(
            division=DivisionId(1),
            patron_group=PatronGroupId(2),
            pickup=BranchId(branch),
            age=18,
            is_for_one_item=False,
            waived=frozenset(),
        )
        for branch in range(_BRANCHES)
    ]
    for rank in range(number):
        yield Wanting(hold=HoldId(rank), rank=rank, demand=chance.choice(demands), issue=ANY_ISSUE)


def _copies(chance: random.Random, number: int) -> Iterator[Free]:
    for item in range(number):
        branch = chance.randrange(_BRANCHES)
        yield Free(
            ItemId(item),
            Supply(
                branch=BranchId(branch),
                owner_branch=BranchId(branch),
                placement=PlacementId(branch),
                material_group=MaterialGroupId(2),
                issue=ANY_ISSUE,
                minimum_age=0,
                is_placeholder=False,
                not_for_loan=False,
                is_damaged=False,
                is_new=False,
            ),
        )
