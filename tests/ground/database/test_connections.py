"""The pool: nobody waits who need not, nobody gets a broken connection, and the first to wait is the first served."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from faelles.ground.database.channel import Channel
from faelles.ground.database.connections import Connections


@pytest.fixture
async def pool(owner_url: str) -> AsyncIterator[Connections]:
    async def connect() -> Channel:
        return await asyncpg.connect(owner_url, connection_class=Channel)

    made = Connections(connect, 2)
    yield made
    made.terminate()


async def test_the_connection_that_was_used_last_is_used_next(pool: Connections):
    await pool.open(2)
    used = await pool.acquire()
    pool.release(used)
    assert await pool.acquire() is used
    pool.release(used)
    assert pool.size() == (2, 2)


async def test_whoever_finds_none_free_waits_and_the_first_to_come_is_served_first(pool: Connections):
    held = [await pool.acquire(), await pool.acquire()]
    served = []

    async def want(name: str) -> None:
        connection = await pool.acquire()
        served.append(name)
        pool.release(connection)

    waiting = [asyncio.create_task(want(name)) for name in ("first", "second", "third")]
    await asyncio.sleep(0)
    assert served == []
    for connection in held:
        pool.release(connection)
    await asyncio.gather(*waiting)
    assert served == ["first", "second", "third"]


async def test_whoever_gives_up_waiting_leaves_the_place_to_others(pool: Connections):
    held = [await pool.acquire(), await pool.acquire()]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pool.acquire(), 0.01)
    for connection in held:
        pool.release(connection)
    for connection in [await pool.acquire(), await pool.acquire()]:
        pool.release(connection)


async def test_a_connection_that_broke_while_idle_is_not_handed_out(pool: Connections):
    await pool.open(1)
    broken = await pool.acquire()
    pool.release(broken)
    broken.terminate()
    connection = await pool.acquire()
    assert await connection.fetchval("SELECT 1") == 1
    pool.release(connection)
    assert pool.size() == (1, 1)


async def test_no_connection_is_lost_when_there_is_no_database():
    async def refused() -> Channel:
        raise ConnectionRefusedError

    pool = Connections(refused, 1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.acquire()


async def test_closing_waits_for_what_is_lent_and_lends_no_more(pool: Connections):
    connection = await pool.acquire()
    closing = asyncio.create_task(pool.close())
    await asyncio.sleep(0)
    with pytest.raises(asyncpg.InterfaceError):
        await pool.acquire()
    assert not closing.done()
    pool.release(connection)
    await closing
    assert connection.is_closed()
    assert pool.size() == (0, 0)
