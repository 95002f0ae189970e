"""How connections are made."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from faelles.ground.clock import Clock, utc_now
from faelles.ground.database.transaction import Database, Row

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
    async with asyncpg.create_pool(
        url,
        min_size=min(2, connections),
        max_size=connections,
        max_inactive_connection_lifetime=0,
        max_queries=1_000_000,
        server_settings=_SESSION_SETTINGS,
        reset=_leave_as_it_is,
    ) as pool:
        yield Database(pool, clock)


async def _leave_as_it_is(_: "asyncpg.Connection[Row]") -> None:
    """Hand a connection back as it is: everything set is local to its transaction, so asyncpg's own reset would be a
    fifth message for nothing. A transaction left open has been rolled back before this is called.
    """
