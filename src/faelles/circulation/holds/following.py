"""The matcher as a task beside a server: asks a few times a second which agencies have marked titles, and matches them.

It keeps nothing in memory and may be stopped anywhere, or run in as many processes as there are: marks are taken by
whoever comes first and go away with what came of them. A title that cannot be matched stands last in the line, so that
it holds up no other, and is complained of in the log.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

from faelles.circulation.holds import queue_store
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import UnavailableError
from faelles.ground.ids import AgencyId
from faelles.ground.log import logger

PAUSE: Final = 0.25
"""Seconds between two looks. The question costs one look into an index."""
_PAUSE_WITHOUT_DATABASE: Final = 5.0

_log = logger("circulation.holds")


@asynccontextmanager
async def matching_titles(database: Database) -> AsyncIterator[None]:
    """Match in the background while the block runs."""
    task = asyncio.create_task(follow(database), name="matcher")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def follow(database: Database) -> None:
    """Match marked titles until cancelled."""
    while True:
        pause = PAUSE
        try:
            await match_everywhere(database)
        except UnavailableError:
            pause = _PAUSE_WITHOUT_DATABASE
        except Exception as problem:  # noqa: BLE001 - whatever it is, the other titles are still to be matched
            _log.error("matching failed", reason=type(problem).__name__)
        await asyncio.sleep(pause)


async def match_everywhere(database: Database) -> int:
    """Match what is marked in all agencies; how many marks were settled."""
    agencies = await queue_store.agencies_with_marks(database)
    return sum([await _match_agency(database, agency) for agency in agencies])


async def _match_agency(database: Database, agency: AgencyId) -> int:
    """Until nothing is left, or only what others have in hand."""
    settled = 0
    while True:
        try:
            more = await database.run(agency, SYSTEM, match_dirty_titles)
        except UnavailableError:
            raise
        except Exception as problem:  # noqa: BLE001 - one title must not hold up the others
            _log.error("titles not matched", agency=agency, reason=type(problem).__name__)
            return settled + await _one_by_one(database, agency)
        settled += more
        if not more:
            return settled


async def _one_by_one(database: Database, agency: AgencyId) -> int:
    """A batch failed: each mark of it by itself, the one that fails goes to the end."""
    settled = 0
    one = partial(match_dirty_titles, most=1)
    for _ in range(queue_store.MARKS_AT_ONCE):
        try:
            more = await database.run(agency, SYSTEM, one)
        except UnavailableError:
            raise
        except Exception as problem:  # noqa: BLE001 - the others are to be matched
            record = await database.run(agency, SYSTEM, queue_store.put_oldest_last)
            _log.error("title not matched", agency=agency, record=record, reason=type(problem).__name__)
            return settled
        settled += more
        if not more:
            break
    return settled
