"""Readers of the event log, seen from tests that share their server with others."""

import asyncio

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.ids import NATION

_BEGUN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
_ARE_OVER = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8"


async def until_readable(database: Database) -> None:
    """Whatever is committed by now can be read from the log: a reader waits for the oldest transaction of the whole
    server, and those of another test run in another database hold it back too.
    """
    begun = await database.run(NATION, SYSTEM, lambda tx: tx.value(_BEGUN), read_only=True)
    is_readable = False
    async with asyncio.timeout(60):
        while not is_readable:
            is_readable = await database.run(NATION, SYSTEM, lambda tx: tx.value(_ARE_OVER, begun), read_only=True)
            await asyncio.sleep(0 if is_readable else 0.02)
