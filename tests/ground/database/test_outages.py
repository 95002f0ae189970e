"""PostgreSQL is away, or too slow: the caller is told to come back, and the pool finds its way home by itself."""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.database.pool import APPLICATION_ROLE, open_database
from faelles.ground.errors import UnavailableError
from faelles.ground.ids import NATION

SETTINGS = {"fsync": "off", "shared_buffers": "16MB"}
ONE = "SELECT 1 AS one"


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """A server of the test's own, to be stopped."""
    directory = Path(tempfile.mkdtemp(prefix="faelles-test-"))
    directory.chmod(0o711)
    yield EmbeddedCluster(directory / "data", system_directory=directory / "system")
    shutil.rmtree(directory)


async def ask(tx: Transaction) -> int:
    answer: int = await tx.value(ONE)
    return answer


async def run_unavailable(database: Database, work=ask) -> None:
    with pytest.raises(UnavailableError, match="database_unavailable"):
        await database.run(NATION, SYSTEM, work)


async def test_a_stopped_server_is_unavailable_and_found_again_when_it_is_back(cluster: EmbeddedCluster):
    running = await asyncio.to_thread(cluster.start, settings=SETTINGS)
    owner = await asyncpg.connect(running.owner_url)
    await owner.execute(f"CREATE ROLE {APPLICATION_ROLE}")
    await owner.close()
    async with open_database(running.owner_url, connections=2) as database:
        work = asyncio.create_task(database.run(NATION, SYSTEM, lambda tx: tx.value("SELECT pg_sleep(30)")))
        assert await database.run(NATION, SYSTEM, ask) == 1
        await asyncio.to_thread(running.stop)
        with pytest.raises(UnavailableError, match="database_unavailable"):
            await work
        await run_unavailable(database)
        with pytest.raises(UnavailableError, match="database_unavailable"):
            await database.outside_agencies(ONE)
        running = await asyncio.to_thread(cluster.start, settings=SETTINGS)
        assert await database.run(NATION, SYSTEM, ask) == 1
    await asyncio.to_thread(running.stop)


async def test_a_backend_terminated_at_work_is_unavailable_and_replaced(single: Database, owner):
    async def fall(tx: Transaction) -> None:
        pid = await tx.value("SELECT pg_backend_pid()")
        killer = asyncio.create_task(owner.execute("SELECT pg_sleep(0.05), pg_terminate_backend($1)", pid))
        try:
            await tx.value("SELECT pg_sleep(5)")
        finally:
            await killer

    await run_unavailable(single, fall)
    assert await single.run(NATION, SYSTEM, ask) == 1


async def test_a_backend_terminated_between_two_statements_is_unavailable_and_replaced(single: Database, owner):
    async def fall(tx: Transaction) -> None:
        await owner.execute("SELECT pg_terminate_backend($1, 5000)", await tx.value("SELECT pg_backend_pid()"))
        await ask(tx)

    await run_unavailable(single, fall)
    assert await single.run(NATION, SYSTEM, ask) == 1


async def test_a_backend_terminated_at_rest_costs_nobody_more_than_one_try(single: Database, owner):
    [row] = await single.outside_agencies("SELECT pg_backend_pid() AS pid")
    await owner.execute("SELECT pg_terminate_backend($1, 5000)", row["pid"])
    await asyncio.sleep(0.05)
    assert await single.run(NATION, SYSTEM, ask) == 1


async def test_work_that_dawdles_in_its_transaction_is_cut_off(single: Database):
    async def dawdle(tx: Transaction) -> None:
        await tx.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        await asyncio.sleep(0.2)
        await ask(tx)

    await run_unavailable(single, dawdle)
    assert await single.run(NATION, SYSTEM, ask) == 1


@pytest.mark.parametrize(
    ("state", "reason"), [("53100", "DiskFullError"), ("53200", "OutOfMemoryError"), ("58030", "PostgresIOError")]
)
async def test_a_database_that_can_keep_nothing_more_is_unavailable_and_says_why_in_the_log(
    single: Database, state: str, reason: str, capfd: pytest.CaptureFixture[str]
):
    async def fill(tx: Transaction) -> None:
        await tx.execute(f"DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '{state}'; END $$")

    await run_unavailable(single, fill)
    assert reason in "".join(capfd.readouterr())
    assert await single.run(NATION, SYSTEM, ask) == 1


async def test_a_database_that_has_gone_silent_is_given_up_and_found_again(owner_url: str):
    async with open_database(owner_url, connections=1, patience=0.3) as database:
        [row] = await database.outside_agencies("SELECT pg_backend_pid() AS pid")
        os.kill(row["pid"], signal.SIGSTOP)
        try:
            async with asyncio.timeout(10):
                await run_unavailable(database)
        finally:
            os.kill(row["pid"], signal.SIGCONT)
        assert await database.run(NATION, SYSTEM, ask) == 1


async def test_a_database_that_has_gone_silent_keeps_nobody_from_ending(owner_url: str):
    backend: int | None = None
    try:
        async with asyncio.timeout(20), open_database(owner_url, connections=1) as database:
            [row] = await database.outside_agencies("SELECT pg_backend_pid() AS pid")
            backend = row["pid"]
            os.kill(row["pid"], signal.SIGSTOP)
    finally:
        if backend is not None:
            os.kill(backend, signal.SIGCONT)


async def test_work_that_takes_its_time_between_statements_is_not_taken_for_silence(owner_url: str):
    async def ponder(tx: Transaction) -> int:
        await ask(tx)
        await asyncio.sleep(0.5)
        return await ask(tx)

    async with open_database(owner_url, connections=1, patience=0.1) as database:
        assert await database.run(NATION, SYSTEM, ponder) == 1


async def test_a_statement_over_its_time_limit_finds_the_database_busy(single: Database):
    async def linger(tx: Transaction) -> None:
        await tx.execute("SET LOCAL statement_timeout = '20ms'")
        await tx.value("SELECT pg_sleep(5)")

    with pytest.raises(UnavailableError, match="database_busy"):
        await single.run(NATION, SYSTEM, linger)
    assert await single.run(NATION, SYSTEM, ask) == 1


async def test_a_question_outside_agencies_over_its_time_limit_finds_the_database_busy(single: Database):
    await single.outside_agencies("SELECT set_config('statement_timeout', '20ms', false)")
    with pytest.raises(UnavailableError, match="database_busy"):
        await single.outside_agencies("SELECT pg_sleep(5)")


async def test_a_backend_terminated_after_the_last_statement_is_unavailable(single: Database, owner):
    async def fall(tx: Transaction) -> None:
        await owner.execute("SELECT pg_terminate_backend($1, 5000)", await tx.value("SELECT pg_backend_pid()"))
        await asyncio.sleep(0.05)

    await run_unavailable(single, fall)
    assert await single.run(NATION, SYSTEM, ask) == 1


async def two_at_once(tx: Transaction) -> None:
    await asyncio.gather(tx.value("SELECT pg_sleep(0.05)"), ask(tx))


async def read_a_file_that_is_not_there(_: Transaction) -> None:
    raise FileNotFoundError


@pytest.mark.parametrize(
    ("work", "mistake"),
    [
        (lambda tx: tx.value("SELECT $1::integer", "one"), asyncpg.DataError),
        (lambda tx: tx.value("SELECT $1::integer"), asyncpg.InterfaceError),
        (two_at_once, asyncpg.InterfaceError),
        (read_a_file_that_is_not_there, FileNotFoundError),
    ],
)
async def test_a_mistake_of_ours_is_not_taken_for_an_outage(single: Database, work, mistake):
    with pytest.raises(mistake):
        await single.run(NATION, SYSTEM, work)
    assert await single.run(NATION, SYSTEM, ask) == 1


async def test_a_closed_pool_is_unavailable(owner_url: str):
    async with open_database(owner_url, connections=1) as database:
        pass
    await run_unavailable(database)
    with pytest.raises(UnavailableError, match="database_unavailable"):
        await database.outside_agencies(ONE)


async def test_a_server_that_takes_no_more_connections_is_unavailable(owner_url: str, owner):
    crowd = f"crowd_{secrets.token_hex(6)}"
    await owner.execute(f"CREATE ROLE {crowd} LOGIN PASSWORD 'many' IN ROLE {APPLICATION_ROLE}")
    url = urlsplit(owner_url)._replace(netloc=f"{crowd}:many@").geturl()
    async with open_database(url, connections=1) as database:
        [row] = await database.outside_agencies("SELECT pg_backend_pid() AS pid")
        await owner.execute(f"ALTER ROLE {crowd} CONNECTION LIMIT 0")
        await owner.execute("SELECT pg_terminate_backend($1, 5000)", row["pid"])
        await asyncio.sleep(0.05)
        await run_unavailable(database)
    await owner.execute(f"DROP ROLE {crowd}")
