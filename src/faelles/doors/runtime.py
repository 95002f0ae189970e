"""From settings to what serves: the one place where everything is put together, and taken apart in the same order.

    async with running(read_config()) as runtime:
        ...

The embedded server (or FAELLES_DATABASE_URL), the schema, the pool. Whatever was started here is stopped on the way
out, whether by return, exception, Ctrl-C or SIGTERM.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from faelles.fees.neighbours.operations import refuse_pretended
from faelles.ground.config import Config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.database.belonging import begin_epoch_where_restored, check_epoch, check_marks, note_marks
from faelles.ground.database.embedded import EmbeddedCluster, RunningCluster
from faelles.ground.database.logins import DATABASE, LOGIN, create_database, create_login, passes_row_policies
from faelles.ground.database.migrate import Migration, migrate, missing_migrations
from faelles.ground.database.pool import open_database
from faelles.ground.errors import FaellesError, MisconfiguredError, UnavailableError

Say = Callable[[str], None]


def _silence(_: str) -> None:
    """For callers who want no progress."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL that answers: `owner_url` may make roles and schemas, `cluster` is set where the server is ours."""

    owner_url: str
    application_url: str | None
    cluster: RunningCluster | None = None


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the doors work with."""

    config: Config
    keyring: Keyring
    database: Database
    server: Server

    async def ready(self) -> bool:
        """Whether requests can be answered: the database is there, and its schema is this release's."""
        try:
            return not await missing_migrations(self.database)
        except UnavailableError:
            return False


@contextmanager
def database_server(config: Config, *, say: Say = _silence) -> Iterator[Server]:
    """The PostgreSQL of the settings. Raises ClusterError where our own cannot run."""
    if owner_url := config.owner_database_url or config.database_url:
        yield Server(owner_url, config.database_url)
        return
    with EmbeddedCluster(config.state_directory / "postgresql").start(say=say) as cluster:
        owner_url = cluster.url(user=cluster.user, password=cluster.password, database=DATABASE)
        yield Server(owner_url, None, cluster)


async def bring_up_to_date(server: Server, *, tell: Callable[[Migration], None]) -> list[Migration]:
    """Make the database where it is ours to make, apply the missing migrations and return them; after a restore, begin
    a new epoch of the event log.
    """
    with _connection_problems(server.owner_url):
        if server.cluster is not None:
            await create_database(server.cluster.owner_url)
        applied = await migrate(server.owner_url, tell=tell)
        await begin_epoch_where_restored(server.owner_url)
        return applied


@asynccontextmanager
async def running(config: Config, *, say: Say = _silence, migrating: bool | None = None) -> AsyncIterator[Runtime]:
    """Everything the settings describe, up and connected.

    The schema is brought up to date first; in production only where `migrating` says so, because there it is a step of
    its own (`faelles migrate`) under the owner's login.
    Raises MisconfiguredError for settings that cannot work, UnavailableError where the database does not answer.
    """
    async with AsyncExitStack() as started:
        server = started.enter_context(database_server(config, say=say))
        if not config.is_production if migrating is None else migrating:
            await bring_up_to_date(server, tell=lambda migration: say(f"{migration.number:04d} {migration.name}"))
        application_url = server.application_url or await _own_login(server)
        with _connection_problems(application_url):
            pool = open_database(application_url, connections=config.database_connections)
            database = await started.enter_async_context(pool)
        runtime = Runtime(config, config.keyring, database, server)
        await _check(runtime)
        yield runtime


async def _own_login(server: Server) -> str:
    """The embedded server's application login, which row policies bind, instead of its superuser."""
    if server.cluster is None:
        raise MisconfiguredError("database_url_missing")
    password = await create_login(server.owner_url, server.cluster.password)
    return server.cluster.url(user=LOGIN, password=password, database=DATABASE)


async def _check(runtime: Runtime) -> None:
    missing = await missing_migrations(runtime.database)
    if missing:
        raise MisconfiguredError("schema_behind", number=missing[0].number, migration=missing[0].name)
    if runtime.config.is_production and await passes_row_policies(runtime.database):
        raise MisconfiguredError("database_login_too_strong")
    await check_epoch(runtime.database)
    await check_marks(runtime.database, runtime.keyring.marks())
    if runtime.config.is_production:
        await refuse_pretended(runtime.database)
        # Last, and only by whom nothing stopped: a slip of one command must not ask for its key everywhere else.
        await note_marks(runtime.database, runtime.keyring.marks())


@contextmanager
def _connection_problems(url: str) -> Iterator[None]:
    """Say what failed in the settings' terms. The address is told without its password."""
    try:
        yield
    except FaellesError:
        raise
    except asyncpg.ClientConfigurationError as problem:
        raise MisconfiguredError("database_url_malformed") from problem
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as problem:
        raise MisconfiguredError("database_refused", address=_address(url)) from problem
    except asyncpg.InvalidParameterValueError as problem:
        # The role that the program takes on is not there yet.
        raise MisconfiguredError("database_not_set_up", address=_address(url)) from problem
    except asyncpg.InsufficientPrivilegeError as problem:
        raise MisconfiguredError("database_login_too_weak", address=_address(url)) from problem
    except asyncpg.TooManyConnectionsError as problem:
        raise UnavailableError("database_full", address=_address(url)) from problem
    except (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError) as problem:
        raise UnavailableError("database_unreachable", address=_address(url)) from problem


def _address(url: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2] or "socket"
    return urlunsplit((parts.scheme, place, parts.path, "", ""))
