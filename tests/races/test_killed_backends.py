"""Database connections that are cut at any moment: whoever asked hears the answer or that there is none, and nothing is
left half done.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from circulation.lending_library import Clock
from circulation.real_desk import RealDesk, World, furnish
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.database.pool import open_database
from faelles.ground.errors import UnavailableError
from waiting import PATIENCE

WORLD = World(
    readers={f"reader {number}": "adult" for number in range(4)},
    copies={f"book {number}": ("book_adult", "main") for number in range(60)},
    limit=100,
)
DESKS = 6

Ask = Callable[[], Awaitable[Any]]
BETWEEN_CUTS = (0.02, 0.1)
"""Seconds, from and to."""


@pytest.fixture
async def fragile(owner_url: str, keyring: Keyring, seeded_nation: None) -> AsyncIterator[RealDesk]:
    """A library on connections of its own, which alone are cut."""
    clock = Clock()
    async with open_database(owner_url, connections=DESKS, clock=clock) as database:
        yield await furnish(database, keyring, clock, WORLD)


@asynccontextmanager
async def cutting(url: str, database: Database) -> AsyncIterator[Counter[str]]:
    """Cut one of the database's connections after another, and count it."""
    cuts: Counter[str] = Counter()
    owner = await asyncpg.connect(url)

    async def cut() -> None:
        while True:
            await asyncio.sleep(random.uniform(*BETWEEN_CUTS))
            pool: Any = database._pool
            pids = [each.get_server_pid() for each in (*pool._idle, *pool._lent) if not each.is_closed()]
            if pids and await owner.fetchval("SELECT pg_terminate_backend($1)", random.choice(pids)):
                cuts["cut"] += 1

    task = asyncio.create_task(cut())
    try:
        yield cuts
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await owner.close()


async def answered(ask: Ask, heard: Counter[str]) -> Any:
    """Ask until there is an answer. Anything else fails the test."""
    while True:
        said = await ask()
        if getattr(said, "outcome", None) != "database_unavailable":
            heard["answer"] += 1
            return said
        heard["outage"] += 1
        await asyncio.sleep(0.005)  # as anybody would: the connection's end must be noticed before the next try


async def test_a_stream_of_loans_and_returns_survives_its_connections(fragile: RealDesk, owner_url: str):
    heard: Counter[str] = Counter()
    waiting = list(WORLD.copies)

    async def work(desk: int) -> list[tuple[Ask, Any]]:
        kept: list[tuple[Ask, Any]] = []
        while waiting:
            book, reader = waiting.pop(), f"reader {desk % len(WORLD.readers)}"
            asks = (
                lambda book=book, reader=reader: fragile.checkout(reader, book, "main", key=f"out {book}"),
                lambda book=book: fragile.return_item(book, "main", key=f"in {book}"),
            )
            kept += [(ask, await answered(ask, heard)) for ask in asks]
        return kept

    async with asyncio.timeout(PATIENCE), cutting(owner_url, fragile.library.database) as cuts:
        kept = [each for done in await asyncio.gather(*(work(desk) for desk in range(DESKS))) for each in done]
    assert Counter(said.outcome for _, said in kept) == {"lent": 60, "returned": 60}
    assert [await answered(ask, heard) for ask, _ in kept] == [said for _, said in kept]
    look = await fragile.look()
    assert look.faults == []
    assert Counter(kind for kind in look.events if kind.startswith("loan.")) == {"loan.opened": 60, "loan.returned": 60}
    assert cuts["cut"] > 0


async def test_a_connection_cut_while_it_waits_for_a_lock_is_an_outage_and_changes_nothing(
    fragile: RealDesk, owner_url: str
):
    library, (book, *_) = fragile.library, fragile.copies
    owner = await asyncpg.connect(owner_url)
    async with owner.transaction():
        await owner.execute("SELECT FROM faelles.item_circulation WHERE agency_id = $1 FOR UPDATE", library.town.agency)
        lending = asyncio.create_task(library.lend(fragile.readers["reader 0"], fragile.copies[book]))
        pids = None
        while not pids and not lending.done():
            await asyncio.sleep(0.01)
            pids = await owner.fetch(
                "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
        for row in pids:
            await owner.execute("SELECT pg_terminate_backend($1)", row["pid"])
        with pytest.raises(UnavailableError, match="database_unavailable"):
            await lending
    await owner.close()
    assert (await fragile.look()).faults == []
    assert (await fragile.picture())["loans"] == {}
