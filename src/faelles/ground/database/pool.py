"""How connections are made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from faelles.ground.clock import Clock, utc_now
from faelles.ground.database.channel import Channel
from faelles.ground.database.connections import Connections
from faelles.ground.database.transaction import Database

_SECONDS_TO_GET_READY = 60
APPLICATION_ROLE = "faelles_app"

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
async def open_database(url: str, *, connections: int = 8, clock: Clock = utc_now) -> AsyncIterator[Database]:
    """The application's pool on the PostgreSQL at `url`. More than about four backends a core only add waiting."""

    async def connect() -> Channel:
        channel: Channel = await asyncpg.connect(url, server_settings=_SESSION_SETTINGS, connection_class=Channel)
        try:
            async with asyncio.timeout(_SECONDS_TO_GET_READY):
                await channel.get_ready()
        except BaseException:
            channel.terminate()
            raise
        return channel

    pool = Connections(connect, connections)
    try:
        await pool.open(min(2, connections))
        yield Database(pool, clock)
    finally:
        await pool.close()
