"""Bring a database to this release's schema: numbered SQL files, each once, under a lock, safe to run twice."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from importlib import resources

import asyncpg

from faelles.ground.database.transaction import Database, Row
from faelles.ground.errors import MisconfiguredError, UnavailableError

_LOCK = 0x6661656C  # "fael": one migration at a time in a database
_OLDEST_SERVER = 170000
_MONTHS_AHEAD = 24
_FILE_NAME = re.compile(r"^(\d{4})_([a-z0-9_]+)\.sql$")
_MIGRATIONS = "faelles.ground.migrations"

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON schema_migration TO faelles_app
"""
_APPLIED = "SELECT number FROM schema_migration"
# Every partitioned table of ours is partitioned by month.
_PARTITIONED = """
SELECT c.oid::regclass::text AS name
  FROM pg_partitioned_table AS p JOIN pg_class AS c ON c.oid = p.partrelid
 WHERE c.relnamespace = 'faelles'::regnamespace
 ORDER BY c.relname
"""
# Months begin where the last run thought they did, whatever zone the server keeps.
_SESSION_SETTINGS = {"timezone": "UTC"}
# While we wait for a table, everybody who wants it waits behind us, every desk of the country: rather often than long.
_WAIT_BRIEFLY = "SET lock_timeout = '3s'"
_ATTEMPTS = 10
_SECONDS_BETWEEN_ATTEMPTS = 5.0


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """The numbered files of this release, in order."""
    found = [
        Migration(int(match[1]), match[2], file.read_text(encoding="utf-8"))
        for file in resources.files(_MIGRATIONS).iterdir()
        if (match := _FILE_NAME.match(file.name))
    ]
    return sorted(found, key=lambda migration: migration.number)


async def migrate(owner_url: str, *, tell: Callable[[Migration], None] = lambda _: None) -> list[Migration]:
    """Apply what is missing and return it. Two processes may call this at once; the second waits and finds nothing.

    `owner_url` names a role that may create roles and schemas. Raises MisconfiguredError where the server is too old,
    is not UTF-8, or already has a file of ours with other contents; UnavailableError where somebody holds a table for
    longer than a minute, whom nobody is to wait for. What was applied stays, and the next run goes on.
    """
    connection: asyncpg.Connection[Row] = await asyncpg.connect(owner_url, server_settings=_SESSION_SETTINGS)
    try:
        await _check_server(connection)
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await connection.execute(_WAIT_BRIEFLY)
        await connection.execute(_read("bootstrap.sql"))
        await connection.execute("SET ROLE faelles_owner; SET search_path = faelles, public")
        await connection.execute(_CREATE_TABLE)
        applied = await _apply_missing(connection, tell)
        for table in await connection.fetch(_PARTITIONED):
            await _when_free(table["name"], partial(_make_partitions, connection, table["name"]))
        return applied
    finally:
        await connection.close()


async def missing_migrations(database: Database) -> list[Migration]:
    """What this release needs and the database has not had. Raises UnavailableError when the database is away."""
    try:
        applied = {row["number"] for row in await database.outside_agencies(_APPLIED)}
    except asyncpg.UndefinedTableError:
        applied = set()
    return [migration for migration in migrations() if migration.number not in applied]


async def _apply_missing(connection: "asyncpg.Connection[Row]", tell: Callable[[Migration], None]) -> list[Migration]:
    rows = await connection.fetch("SELECT number, checksum FROM schema_migration")
    known: dict[int, str] = {row["number"]: row["checksum"] for row in rows}
    applied = []
    for migration in migrations():
        if migration.number in known:
            _check_unchanged(migration, known[migration.number])
            continue
        tell(migration)
        await _when_free(f"{migration.number:04d} {migration.name}", partial(_apply, connection, migration))
        applied.append(migration)
    return applied


async def _apply(connection: "asyncpg.Connection[Row]", migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO schema_migration (number, name, checksum) VALUES ($1, $2, $3)",
            migration.number,
            migration.name,
            migration.checksum,
        )


async def _make_partitions(connection: "asyncpg.Connection[Row]", table: str) -> None:
    await connection.execute("CALL ensure_month_partitions($1::text::regclass, $2)", table, _MONTHS_AHEAD)


async def _when_free(step: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do `work`, again from the start where somebody holds what it needs."""
    for _ in range(_ATTEMPTS):
        try:
            return await work()
        except asyncpg.LockNotAvailableError:
            await asyncio.sleep(_SECONDS_BETWEEN_ATTEMPTS)
    raise UnavailableError("migration_kept_waiting", step=step)


def _check_unchanged(migration: Migration, checksum: str) -> None:
    if migration.checksum != checksum:
        raise MisconfiguredError("migration_changed", number=migration.number, migration=migration.name)


async def _check_server(connection: "asyncpg.Connection[Row]") -> None:
    version = int(await connection.fetchval("SELECT current_setting('server_version_num')"))
    if version < _OLDEST_SERVER:
        raise MisconfiguredError("database_too_old", found=version // 10000, needed=_OLDEST_SERVER // 10000)
    encoding = await connection.fetchval("SELECT current_setting('server_encoding')")
    if encoding != "UTF8":
        raise MisconfiguredError("database_not_utf8", found=encoding)


def _read(name: str) -> str:
    return (resources.files(_MIGRATIONS) / name).read_text(encoding="utf-8")
