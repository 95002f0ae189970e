"""Holds measured: placing them, check-ins for which more or fewer wait, and every queue of the country matched anew.

It calls the operations in this very process, one after the other: what is compared is one check-in with another.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from statistics import median

from faelles.bench.caller import librarian
from faelles.bench.country import Errand
from faelles.bench.errors import BenchFailedError
from faelles.bench.matching import store
from faelles.bench.matching.alone import match_alone
from faelles.bench.matching.model import QUEUES, RETURNS, HoldCost, MatchingReport
from faelles.bench.matching.rematching import rematch
from faelles.bench.model import Subject, Tell
from faelles.bench.processes import cpu_ms_between, cpu_readings, family
from faelles.bench.store import Connection
from faelles.bench.work import Supply
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds.model import PlaceHold, Wish
from faelles.circulation.holds.operations import place_hold
from faelles.circulation.loans.model import Outcome, ReturnRequest
from faelles.circulation.loans.operations import return_item
from faelles.circulation.transit.model import Stop
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import AgencyId

Call = Callable[[], Awaitable[bool]]
_WARMING = 20
_IN_A_TURN = 5


async def measure_holds(
    database: Database, owner: Connection, keyring: Keyring, postmaster: int, supply: Supply, titles: int, tell: Tell
) -> MatchingReport:
    """Raises BenchFailedError where a call does not do what it is measured for. No two copies are of one title of one
    agency, so that each has a queue of its own.
    """
    tell("bench_holds", 0, 0)
    lengths = (0, *QUEUES)
    batches = 1 + len(lengths)
    pool = [*supply.lent(2 * batches * RETURNS), *supply.free(4 * RETURNS)]
    records = await store.records(owner, pool)
    different = {(each.agency, records[each.item]): each for each in pool}.values()
    lent, placing = ([each for each in different if (each.loan is None) is is_free] for is_free in (False, True))
    warming, *returned = [lent[first : first + RETURNS] for first in range(0, batches * RETURNS, RETURNS)]
    returns = dict(zip(lengths, returned, strict=True))
    queues = [(each, length) for length in lengths for each in returns[length]]
    queues += [(each, number % 2) for number, each in enumerate(warming)]
    await store.make_queues(owner, [*queues, *((each, 0) for each in placing)], titles)
    placings = [_placing(database, keyring, each, records[each.item]) for each in placing]
    await _cpu_ms(postmaster, [_checking_in(database, each, waited_for=None) for each in warming])
    await _cpu_ms(postmaster, placings[:_WARMING])
    placing_cpu = await _cpu_ms(postmaster, placings[_WARMING:])
    checkings_in = {
        length: [_checking_in(database, each, waited_for=length > 0) for each in returns[length]] for length in lengths
    }
    spent = await _in_turns(postmaster, checkings_in)
    matched = await rematch(database, [AgencyId(agency) for agency in supply.country.agencies], postmaster)
    return MatchingReport(
        placing_cpu_ms=round(placing_cpu, 3),
        returns=costs(spent),
        titles=matched.titles,
        seconds=round(matched.seconds, 2),
        cpu_seconds=round(matched.cpu_seconds, 2),
        alone_seconds=round(match_alone(matched.titles).seconds, 2),
    )


def costs(spent: dict[int, float]) -> list[HoldCost]:
    """By length of the queue, each beside a check-in for which nobody waits (0)."""
    return [HoldCost(length, RETURNS, round(cpu, 3), round(cpu / spent[0], 2)) for length, cpu in spent.items()]


async def _in_turns(postmaster: int, calls: dict[int, list[Call]]) -> dict[int, float]:
    """What a call of each kind costs. A few of each follow a few of another: what else the machine does in the meantime
    is to fall on all of them, and the middle one of several readings counts.
    """
    readings: dict[int, list[float]] = {kind: [] for kind in calls}
    for first in range(0, RETURNS, _IN_A_TURN):
        for kind, all_of_it in calls.items():
            readings[kind].append(await _cpu_ms(postmaster, all_of_it[first : first + _IN_A_TURN]))
    return {kind: median(each) for kind, each in readings.items()}


async def _cpu_ms(postmaster: int, calls: Sequence[Call]) -> float:
    """What a call costs, here and in the database."""
    before, own = cpu_readings(family(postmaster)), time.process_time()
    for call in calls:
        if not await call():
            raise BenchFailedError("bench_refused", subject=Subject.OPERATION, verb="hold", refused=1, calls=len(calls))
    spent = cpu_ms_between(before, cpu_readings(family(postmaster))) + (time.process_time() - own) * 1000
    return spent / len(calls)


def _placing(database: Database, keyring: Keyring, errand: Errand, record: int) -> Call:
    caller = librarian(errand.agency)
    request = PlaceHold(patron=Borrower(card=errand.card), wish=Wish(record=record), pickup=errand.branch)

    async def call() -> bool:
        placing = await database.run(caller.agency, caller.actor, lambda tx: place_hold(tx, caller, keyring, request))
        return not placing.is_refused

    return call


def _checking_in(database: Database, errand: Errand, *, waited_for: bool | None) -> Call:
    """`waited_for` None: either will do."""
    caller = librarian(errand.agency)
    request = ReturnRequest(item=errand.item, branch=errand.branch)

    async def call() -> bool:
        answer = await database.run(caller.agency, caller.actor, lambda tx: return_item(tx, caller, request))
        is_held = answer.next is not None and answer.next.stop is Stop.HOLD_SHELF
        return answer.outcome is Outcome.RETURNED and waited_for in {None, is_held}

    return call
