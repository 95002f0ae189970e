import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from faelles.ground.database import Database
from faelles.ground.database.pool import open_database


@pytest.fixture
async def single(owner_url: str) -> AsyncIterator[Database]:
    """A pool of one connection: whatever is left behind on it, the next one meets."""
    async with open_database(owner_url, connections=1) as opened:
        yield opened


@pytest.fixture
async def owner(owner_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The server's own view, past every row policy."""
    connection = await asyncpg.connect(owner_url, server_settings={"search_path": "faelles, public"})
    yield connection
    await connection.close()


@pytest.fixture
async def empty_url(server_url: str) -> AsyncIterator[str]:
    """A database that no migration has seen."""
    name = f"test_{secrets.token_hex(6)}"
    server = await asyncpg.connect(server_url)
    await server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()
