"""The SQL of making a database to live in."""

from typing import TYPE_CHECKING

import asyncpg

from faelles.ground.database.transaction import Row

if TYPE_CHECKING:
    Connection = asyncpg.Connection[Row]
else:
    Connection = asyncpg.Connection

LIVED = "simulation"
_DROP = f"DROP DATABASE IF EXISTS {LIVED} WITH (FORCE)"
_CREATE = f"CREATE DATABASE {LIVED} TEMPLATE template0"


async def make_anew(server: Connection) -> None:
    await server.execute(_DROP)
    await server.execute(_CREATE)
