"""How connections are made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from faelles.ground.clock import Clock, utc_now
from faelles.ground.database.channel import Channel
from faelles.ground.database.connections import Connections
from faelles.ground.database.transaction import Database
from faelles.ground.log import logger

_log = logger("ground.database")

APPLICATION_ROLE = "faelles_app"

_SECONDS_TO_CONNECT = 15
_SECONDS_TO_GET_READY = 60
SECONDS_FOR_AN_ANSWER = 40
"""A database that lives gives up a statement by itself before that. One whose machine has gone silent, with its plug
pulled or its disk hanging, says nothing and closes nothing; the network notices after a quarter of an hour.
"""
_LOOKS = 20
"""In that time somebody looks so often."""

_SESSION_SETTINGS = {
    "role": APPLICATION_ROLE,
    "search_path": "faelles, public",
    "application_name": "faelles",
    "timezone": "UTC",
    "jit": "off",
    # Every statement here finds rows by key: planning it anew for each set of values costs more than running it.
    "plan_cache_mode": "force_generic_plan",
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
}


@asynccontextmanager
async def open_database(
    url: str, *, connections: int = 8, clock: Clock = utc_now, patience: float = SECONDS_FOR_AN_ANSWER
) -> AsyncIterator[Database]:
    """The application's pool on the PostgreSQL at `url`. More than about four backends a core only add waiting.

    A connection without an answer for `patience` seconds is given up, as one that is lost.
    """

    async def connect() -> Channel:
        channel: Channel = await asyncpg.connect(
            url, timeout=_SECONDS_TO_CONNECT, server_settings=_SESSION_SETTINGS, connection_class=Channel
        )
        try:
            async with asyncio.timeout(_SECONDS_TO_GET_READY):
                await channel.get_ready()
        except BaseException:
            channel.terminate()
            raise
        return channel

    pool = Connections(connect, connections)
    watching = asyncio.create_task(_watch(pool, patience), name="connections")
    try:
        await pool.open(min(2, connections))
        yield Database(pool, clock)
    finally:
        try:
            await pool.close()
        finally:
            watching.cancel()


async def _watch(pool: Connections, patience: float) -> None:
    while True:
        await asyncio.sleep(patience / _LOOKS)
        if dropped := pool.drop_unanswered(patience):
            _log.error("database silent", seconds=patience, connections_dropped=dropped)
