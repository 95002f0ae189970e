"""The SQL of making a database to live in."""

import asyncio
from typing import TYPE_CHECKING, Final

import asyncpg

from faelles.ground.database import Database
from faelles.ground.database.transaction import Row

if TYPE_CHECKING:
    Connection = asyncpg.Connection[Row]
else:
    Connection = asyncpg.Connection

LIVED = "simulation"
_DROP = f"DROP DATABASE IF EXISTS {LIVED} WITH (FORCE)"
_CREATE = f"CREATE DATABASE {LIVED} TEMPLATE template0"
_BEGUN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xid"
_IS_READABLE = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 AS is_so"
_PATIENCE_SECONDS: Final = 120


async def make_anew(server: Connection) -> None:
    await server.execute(_DROP)
    await server.execute(_CREATE)


async def until_readable(database: Database) -> None:
    """Wait until whatever is committed by now can be read from the event log: a reader waits for the oldest transaction
    of the whole server, and somebody else's in another database holds it back too. Raises TimeoutError.
    """
    [begun] = await database.outside_agencies(_BEGUN)
    is_readable = False
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not is_readable:
            [answer] = await database.outside_agencies(_IS_READABLE, begun["xid"])
            is_readable = answer["is_so"]
            await asyncio.sleep(0 if is_readable else 0.02)
