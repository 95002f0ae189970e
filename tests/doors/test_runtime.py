"""Putting an installation together from settings, and taking it apart."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from faelles.doors.runtime import Runtime, database_server, running
from faelles.ground.config import Config, read_config
from faelles.ground.crypto import new_master_key
from faelles.ground.database.logins import passes_row_policies
from faelles.ground.database.pool import open_database
from faelles.ground.errors import MisconfiguredError, UnavailableError
from town import Town
from waiting import PATIENCE, free_port

SERVE = "from faelles.doors.command.main import application; application('serve')(['serve'])"


def config(**settings: str) -> Config:
    return read_config({"FAELLES_STATE": tempfile.gettempdir(), "FAELLES_MASTER_KEY": new_master_key(), **settings})


@pytest.fixture
async def weak_url(owner_url: str) -> AsyncIterator[str]:
    """The test database by a login that may become the application's role and nothing else."""
    name = f"login_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(owner_url)
    await connection.execute(f"CREATE ROLE {name} LOGIN NOINHERIT PASSWORD '{name}'; GRANT faelles_app TO {name}")
    yield _with_login(owner_url, name)
    await connection.execute(f"DROP ROLE {name}")
    await connection.close()


def _with_login(url: str, name: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:{name}@{place}"))


async def test_everything_is_up_inside_and_down_outside(owner_url: str):
    async with running(config(FAELLES_DATABASE_URL=owner_url)) as runtime:
        assert await runtime.ready()
    with pytest.raises(asyncpg.InterfaceError):
        await runtime.database._pool.acquire()


async def test_who_names_only_the_login_that_migrates_gets_no_database_of_our_own(owner_url: str):
    named = config(FAELLES_OWNER_DATABASE_URL=owner_url)
    with database_server(named) as server:
        assert (server.owner_url, server.cluster) == (owner_url, None)
    with pytest.raises(MisconfiguredError, match="database_url_missing"):
        async with running(named, migrating=False):
            pass


async def test_production_refuses_a_login_that_could_pass_row_policies(owner_url: str):
    with pytest.raises(MisconfiguredError, match="database_login_too_strong"):
        async with running(config(FAELLES_DATABASE_URL=owner_url, FAELLES_PRODUCTION="1")):
            pass


@pytest.fixture
async def nobody_pretends(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """What other tests' agencies pretend with is put away meanwhile."""
    connection = await asyncpg.connect(owner_url, server_settings={"search_path": "faelles"})
    await connection.execute(
        "CREATE TEMP TABLE kept AS SELECT * FROM money_neighbour WHERE adapter = 'built_in';"
        "DELETE FROM money_neighbour WHERE adapter = 'built_in'"
    )
    yield connection
    await connection.execute("INSERT INTO money_neighbour SELECT * FROM kept; DELETE FROM master_key_mark")
    await connection.close()


async def test_production_refuses_systems_that_only_pretend(
    weak_url: str, nobody_pretends: asyncpg.Connection, town: Town
):
    await nobody_pretends.execute(
        "INSERT INTO money_neighbour (agency_id, role, adapter, secret, set_at, set_by)"
        " VALUES ($1, 'debts', 'built_in', '', now(), 'system:0')",
        town.agency,
    )
    with pytest.raises(MisconfiguredError, match="neighbour_only_pretended"):
        async with running(config(FAELLES_DATABASE_URL=weak_url, FAELLES_PRODUCTION="1")):
            pass
    await nobody_pretends.execute("DELETE FROM money_neighbour WHERE agency_id = $1", town.agency)


async def test_production_takes_a_login_that_cannot(weak_url: str, nobody_pretends: asyncpg.Connection):
    async with running(config(FAELLES_DATABASE_URL=weak_url, FAELLES_PRODUCTION="1")) as runtime:
        assert await runtime.ready()


async def test_whoever_comes_with_another_key_is_refused_in_production_or_not(
    weak_url: str, nobody_pretends: asyncpg.Connection
):
    async with running(config(FAELLES_DATABASE_URL=weak_url, FAELLES_PRODUCTION="1")):
        pass
    for production in ("1", "0"):
        with pytest.raises(MisconfiguredError, match="master_key_differs"):
            async with running(config(FAELLES_DATABASE_URL=weak_url, FAELLES_PRODUCTION=production), migrating=False):
                pass


async def test_whoever_is_refused_for_the_keys_leaves_no_mark_of_its_own(
    weak_url: str, nobody_pretends: asyncpg.Connection
):
    right = new_master_key()
    good = config(FAELLES_DATABASE_URL=weak_url, FAELLES_PRODUCTION="1", FAELLES_MASTER_KEY=right)
    async with running(good):
        pass
    slip = config(
        FAELLES_DATABASE_URL=weak_url,
        FAELLES_PRODUCTION="1",
        FAELLES_MASTER_KEY=f"2:{new_master_key().partition(':')[2]}",
    )
    with pytest.raises(MisconfiguredError, match="master_key_left_out"):
        async with running(slip):
            pass
    async with running(good) as runtime:
        assert await runtime.ready()


def test_production_refuses_to_make_a_key_of_its_own():
    with pytest.raises(MisconfiguredError, match="master_key_missing"):
        read_config({"FAELLES_PRODUCTION": "1"})


async def test_only_a_strong_login_passes_row_policies(owner_url: str, weak_url: str):
    async with open_database(owner_url) as strong, open_database(weak_url) as weak:
        assert (await passes_row_policies(strong), await passes_row_policies(weak)) == (True, False)


async def test_a_weak_login_cannot_migrate_and_is_told_so(server_url: str):
    name = f"empty_{secrets.token_hex(4)}"
    server = await asyncpg.connect(server_url)
    await server.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    await server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        url = _with_login(server_url, name).replace("/postgres?", f"/{name}?")
        with pytest.raises(MisconfiguredError, match="database_login_too_weak"):
            async with running(config(FAELLES_DATABASE_URL=url)):
                pass
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.execute(f"DROP ROLE {name}")
        await server.close()


async def test_production_does_not_migrate_but_says_what_is_missing(server_url: str):
    name = f"empty_{secrets.token_hex(4)}"
    server = await asyncpg.connect(server_url)
    await server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    try:
        url = server_url.replace("/postgres?", f"/{name}?")
        with pytest.raises(MisconfiguredError, match="schema_behind"):
            async with running(config(FAELLES_DATABASE_URL=url, FAELLES_PRODUCTION="1")):
                pass
    finally:
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await server.close()


async def test_a_database_that_is_away_is_unavailable():
    with pytest.raises(UnavailableError) as caught:
        async with running(config(FAELLES_DATABASE_URL="postgresql://a:secret@127.0.0.1:1/b")):
            pass
    assert caught.value.parameters["address"] == "postgresql://127.0.0.1:1/b"


async def test_a_database_without_a_connection_left_says_what_to_change(owner_url: str, weak_url: str):
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute(f"ALTER ROLE {urlsplit(weak_url).username} CONNECTION LIMIT 0")
        with pytest.raises(UnavailableError, match="database_full"):
            async with running(config(FAELLES_DATABASE_URL=weak_url), migrating=False):
                pass
    finally:
        await owner.close()


async def test_not_ready_without_a_database(owner_url: str):
    async with open_database(owner_url) as database:
        pass
    settings = config(FAELLES_DATABASE_URL=owner_url)
    assert not await Runtime(settings, settings.keyring, database, None).ready()  # type: ignore[arg-type] # not looked at


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory that the unprivileged user of a server started by root can reach."""
    directory = Path(tempfile.mkdtemp(prefix="faelles-state-"))
    directory.chmod(0o711)
    yield directory
    shutil.rmtree(directory)


def test_serving_on_the_embedded_database_from_nothing_until_told_to_stop(state: Path):
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FAELLES_")},
        "FAELLES_STATE": str(state),
        "FAELLES_HTTP_PORT": str(port),
    }
    with subprocess.Popen([sys.executable, "-c", SERVE], env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert _answers(f"http://127.0.0.1:{port}/health", process)
            [pid_file] = state.rglob("postmaster.pid")
            postgres = int(pid_file.read_text().split()[0])
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "Traceback" in said) == (0, False)
    assert not Path(f"/proc/{postgres}").exists()


def _answers(url: str, process: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(timeout=5) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                return client.get(url).is_success
            except httpx.TransportError:
                time.sleep(0.1)
    return False


def test_cancelling_takes_everything_down_in_order(owner_url: str):
    """What Ctrl-C does: the task is cancelled wherever it stands."""

    async def main() -> Runtime:
        started: asyncio.Future[Runtime] = asyncio.get_running_loop().create_future()

        async def serve() -> None:
            async with running(config(FAELLES_DATABASE_URL=owner_url)) as runtime:
                started.set_result(runtime)
                await asyncio.sleep(PATIENCE)

        task = asyncio.create_task(serve())
        await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        runtime = started.result()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return runtime

    assert asyncio.run(main()).database.size() == (0, 0)
