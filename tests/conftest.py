"""What every test stands on: one PostgreSQL for the run, one migrated database, a fresh municipality per test."""

import asyncio
import gc
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from compileall import compile_dir
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest
from _pytest.assertion import rewrite
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from faelles.ground.actor import SYSTEM
from faelles.ground.collector import spare_what_stays
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.database.migrate import migrate
from faelles.ground.database.pool import open_database
from faelles.ground.ids import NATION
from faelles.policies.seeds import seed_nation
from town import Town, found_town

# How long an example takes is the machine's, which may be busy with something else.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# It would read the program for values worth trying. Ours are five thousand sentences and statements, and going through
# them anew for every kind of text that a test asks for was a quarter of the fuzzing.
providers._get_local_constants = Constants

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
FAST_AND_CARELESS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
}


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """What a fresh checkout has not compiled yet is compiled once, not by each of the processes that begin now."""
    if not session.config.getoption("numprocesses", None) or sys.dont_write_bytecode:
        return
    compile_dir(SOURCE, quiet=2)
    for path in HERE.rglob("*.py"):
        if path.name == "conftest.py" or path.name.startswith("test_"):
            compiled = rewrite.get_cache_dir(path) / (path.name.removesuffix(".py") + rewrite.PYC_TAIL)
            compiled.parent.mkdir(exist_ok=True)
            if rewrite._read_pyc(path, compiled) is None:
                with suppress(SyntaxError):  # told by whoever imports it
                    source_hash, code = rewrite._rewrite_test(path, session.config)
                    rewrite._write_pyc(session.config.stash[rewrite.assertstate_key], code, source_hash, compiled)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Tests, libraries and routes stay to the end: looking for garbage among them, again and again, is for nothing."""
    gc.disable()
    found = yield
    spare_what_stays()
    gc.enable()
    return found


TOGETHER = (
    ("tests/doors/web/",),
    ("tests/demo/", "tests/doors/test_runtime.py", "tests/ground/database/", "tests/races/", "tests/simulation/"),
    ("tests/doors/rest/",),
)
"""What takes long, by what it needs: a browser and the pages, servers that start and are killed, the whole interface.
Each is a fifth of the work or less.
"""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, each begins with one of TOGETHER, whose needs are made once; the rest is
    for whoever has time. So nothing long begins when the others are nearly done. All is in the order of chance.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes == 1:
        return
    first: list[list[pytest.Item]] = [[] for _ in range(processes)]
    rest: list[pytest.Item] = []
    for item in items:
        place = next((place for place, folders in enumerate(TOGETHER) if item.nodeid.startswith(folders)), None)
        (rest if place is None else first[place % processes]).append(item)
    # As `--dist worksteal` gives them out: as many to each, in the order they are in.
    ordered: list[pytest.Item] = []
    for place, begun in enumerate(first):
        filling = max(0, len(items) * (place + 1) // processes - len(ordered) - len(begun))
        ordered += begun + rest[:filling]
        del rest[:filling]
    items[:] = ordered + rest


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL of the test run's own, or the one in FAELLES_TEST_DATABASE_URL."""
    if url := os.environ.get("FAELLES_TEST_DATABASE_URL"):
        yield url
        return
    # Not pytest's own directory: as root that is closed to the user PostgreSQL must run as.
    directory = Path(tempfile.mkdtemp(prefix="faelles-test-"))
    directory.chmod(0o711)
    cluster = EmbeddedCluster(directory / "data", system_directory=directory / "system")
    with cluster.start(settings=FAST_AND_CARELESS) as running:
        yield running.owner_url
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def owner_url(server_url: str) -> Iterator[str]:
    """A migrated database that is gone after the run."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(_execute(server_url, f"CREATE DATABASE {name} TEMPLATE template0"))
    url = _with_database(server_url, name)
    asyncio.run(migrate(url))
    yield url
    asyncio.run(_execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
async def database(owner_url: str) -> AsyncIterator[Database]:
    async with open_database(owner_url) as opened:
        yield opened


@pytest.fixture(scope="session")
async def seeded_nation(database: Database) -> None:
    """The nation's rules and groups."""
    await database.run(NATION, SYSTEM, seed_nation)


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring(parse_master_keys(new_master_key()))


@pytest.fixture
async def town(database: Database) -> Town:
    """A municipality nobody else in the run knows."""
    return await found_town(database)


@pytest.fixture
async def neighbour(database: Database) -> Town:
    """Another municipality, whose staff must never see anything of `town`."""
    return await found_town(database)


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def _with_database(url: str, name: str) -> str:
    """The same server, another database: the path of the URL is the database's name."""
    before, _, query = url.partition("?")
    return before.rpartition("/")[0] + f"/{name}" + (f"?{query}" if query else "")
