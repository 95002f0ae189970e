"""The matcher with its database: every title that anybody waits for is marked, and matched anew."""

from collections.abc import Sequence
from functools import partial
from time import perf_counter, process_time

import msgspec

from faelles.bench.processes import cpu_ms_between, cpu_readings, family
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.holds.queue_store import MARKS_AT_ONCE, mark_all_waiting
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.ids import AgencyId


class Rematched(msgspec.Struct, frozen=True, kw_only=True):
    """`seconds` by the clock; `cpu_seconds` of the program and the database together."""

    titles: int
    seconds: float
    cpu_seconds: float


async def rematch(database: Database, agencies: Sequence[AgencyId], postmaster: int) -> Rematched:
    """Mark what is waited for in `agencies`, and match until nothing is marked."""
    titles = sum([await database.run(agency, SYSTEM, mark_all_waiting) for agency in agencies])
    work = partial(match_dirty_titles, most=MARKS_AT_ONCE)
    before, started, own = cpu_readings(family(postmaster)), perf_counter(), process_time()
    for agency in agencies:
        while await database.run(agency, SYSTEM, work):
            pass
    spent = cpu_ms_between(before, cpu_readings(family(postmaster))) / 1000
    return Rematched(titles=titles, seconds=perf_counter() - started, cpu_seconds=spent + process_time() - own)
