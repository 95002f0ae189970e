"""The event log read while it is written: late commits upset nothing, nor does a reader that is killed."""

import asyncio
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.events import Event, append, read_next
from town import Town
from waiting import PATIENCE

KILLS = 4
WRITERS = 6
EVENTS_EACH = 40


async def read(database: Database, town: Town, reader: str, limit: int = 500) -> list[str]:
    events = await database.run(town.agency, SYSTEM, lambda tx: read_next(tx, reader, limit=limit))
    return [event.kind for event in events]


async def read_all(database: Database, town: Town, reader: str, count: int) -> list[str]:
    """`count` events. Transactions of anybody else's hold a reader back, so it may take a moment."""
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while len(seen) < count:
            seen += await read(database, town, reader)
    return seen


async def test_what_commits_late_is_neither_skipped_nor_overtaken(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as slow:
        await append(slow, Event(kind="first"))
        async with database.transaction(town.agency, SYSTEM) as quick:
            await append(quick, Event(kind="second"))
        assert await read(database, town, "reader") == []
    assert await read_all(database, town, "reader", 2) == ["first", "second"]
    assert await read(database, town, "reader") == []


async def test_the_order_is_that_of_numbers_not_of_their_digits(database: Database, town: Town, owner_url: str):
    owner = await asyncpg.connect(owner_url)
    for transaction in ("98", "100", "99", "101"):
        await owner.execute(
            "INSERT INTO faelles.event (agency_id, at, actor, kind, xid)"
            " VALUES ($1, now(), 'system:0', $2, $2::text::xid8)",
            town.agency,
            transaction,
        )
    await owner.close()
    assert [kind for _ in range(4) for kind in await read(database, town, "reader", limit=1)] == [
        "98",
        "99",
        "100",
        "101",
    ]


async def test_what_is_rolled_back_was_never_there(database: Database, town: Town):

    async def fail(tx: Transaction) -> None:
        await append(tx, Event(kind="undone"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(town.agency, SYSTEM, fail)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await append(tx, Event(kind="done"))
    assert await read_all(database, town, "reader", 1) == ["done"]


async def test_a_reader_that_fails_reads_the_same_again(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await append(tx, *(Event(kind=kind) for kind in "abc"))
    assert await read_all(database, town, "other", 3) == ["a", "b", "c"]

    async def fail(tx: Transaction) -> None:
        assert [event.kind for event in await read_next(tx, "reader", limit=2)] == ["a", "b"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(town.agency, SYSTEM, fail)
    assert await read(database, town, "reader", limit=2) == ["a", "b"]
    assert await read(database, town, "reader", limit=2) == ["c"]


async def test_two_processes_under_one_name_share_the_work(database: Database, town: Town):
    for number in range(20):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await append(tx, Event(kind=f"{number:02d}"))
    await read_all(database, town, "other", 20)
    batches = await asyncio.gather(*(read(database, town, "reader", limit=4) for _ in range(7)))
    assert sorted(kind for batch in batches for kind in batch) == [f"{number:02d}" for number in range(20)]


@pytest.fixture
async def effects(owner_url: str, town: Town) -> AsyncIterator[asyncpg.Connection]:
    """The table that the reader's process writes to, seen by the owner."""
    connection = await asyncpg.connect(owner_url)
    await connection.execute(
        "CREATE TABLE faelles.race_effect (position bigserial, agency_id integer, event_id bigint);"
        "GRANT ALL ON faelles.race_effect, faelles.race_effect_position_seq TO faelles_app"
    )
    yield connection
    await connection.execute("DROP TABLE faelles.race_effect")
    await connection.close()


async def write(database: Database, town: Town, writer: int) -> None:
    """Events in transactions of very different length, some of which never were."""
    for number in range(EVENTS_EACH):
        with suppress(ZeroDivisionError):
            async with database.transaction(town.agency, SYSTEM) as tx:
                await append(tx, Event(kind=f"{writer}/{number}"))
                await asyncio.sleep(random.choice((0, 0, 0.005, 0.05, 0.2)))
                if random.random() < 0.1:
                    raise ZeroDivisionError


async def test_each_event_has_its_effect_once_though_the_reader_is_killed_again_and_again(
    database: Database, town: Town, effects: asyncpg.Connection, owner_url: str
):
    writing = asyncio.gather(*(write(database, town, writer) for writer in range(WRITERS)))

    async def has_read_on(before: int) -> bool:
        return await _count(effects) > before or await is_through()

    async def is_through() -> bool:
        return writing.done() and await _is_read(effects, town)

    for _ in range(KILLS):
        before = await _count(effects)
        with _reader(owner_url, town):
            await until(lambda before=before: has_read_on(before))
            await asyncio.sleep(random.uniform(0, 0.05))
    with _reader(owner_url, town):
        await until(is_through)
    written = await effects.fetch(
        "SELECT id FROM faelles.event WHERE agency_id = $1 ORDER BY epoch, xid, id", town.agency
    )
    seen = await effects.fetch("SELECT event_id AS id FROM faelles.race_effect ORDER BY position")
    assert [row["id"] for row in seen] == [row["id"] for row in written]


async def until(is_so: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await is_so():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)


@contextmanager
def _reader(url: str, town: Town) -> Iterator[None]:
    """A process that reads; killed in the end."""
    program = Path(__file__).with_name("reader_process.py")
    with subprocess.Popen([sys.executable, str(program), url, str(town.agency)]) as process:
        try:
            yield
        finally:
            process.kill()


async def _count(effects: asyncpg.Connection) -> int:
    return await effects.fetchval("SELECT count(*) FROM faelles.race_effect")


async def _is_read(effects: asyncpg.Connection, town: Town) -> bool:
    written = await effects.fetchval("SELECT count(*) FROM faelles.event WHERE agency_id = $1", town.agency)
    return await _count(effects) >= written
