"""The matcher with its database: every title that anybody waits for is marked, and matched anew."""

from collections.abc import Sequence
from functools import partial
from time import perf_counter

import msgspec

from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.holds.queue_store import MARKS_AT_ONCE, mark_all_waiting
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.ids import AgencyId


class Rematched(msgspec.Struct, frozen=True, kw_only=True):
    titles: int
    seconds: float


async def rematch(database: Database, agencies: Sequence[AgencyId]) -> Rematched:
    """Mark what is waited for in `agencies`, and match until nothing is marked."""
    titles = sum([await database.run(agency, SYSTEM, mark_all_waiting) for agency in agencies])
    work = partial(match_dirty_titles, most=MARKS_AT_ONCE)
    started = perf_counter()
    for agency in agencies:
        while await database.run(agency, SYSTEM, work):
            pass
    return Rematched(titles=titles, seconds=perf_counter() - started)
