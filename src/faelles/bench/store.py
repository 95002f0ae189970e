"""The bench's own SQL: databases made and copied, counts taken. What fills them is fill.sql."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

import asyncpg

from faelles.ground.database.logins import LOGIN
from faelles.ground.database.transaction import Row

if TYPE_CHECKING:
    Connection = asyncpg.Connection[Row]
else:
    Connection = asyncpg.Connection


@dataclass(frozen=True, slots=True)
class Pair:
    """The names of a data set's databases: what is made once, and its copy of this run. Names, and nobody's input."""

    template: str
    run: str


TEMPLATE: Final = "bench_template"
RUN: Final = "bench_run"
DATABASES: Final = Pair(TEMPLATE, RUN)
TOO_OLD_DAYS: Final = 10
"""Older data has loans that are overdue by now."""

_TEMPLATE_NOTE = "SELECT shobj_description(oid, 'pg_database') AS note FROM pg_database WHERE datname = $1"
# The name of a database cannot be a value: PostgreSQL writes the statement itself, with the names quoted.
_DROP = "SELECT format('DROP DATABASE IF EXISTS %I WITH (FORCE)', $1::text)"
_CREATE_EMPTY = "SELECT format('CREATE DATABASE %I TEMPLATE template0', $1::text)"
_COPY = "SELECT format('CREATE DATABASE %I TEMPLATE %I STRATEGY FILE_COPY', $1::text, $2::text)"
_KEEP_NOTE = "SELECT format('COMMENT ON DATABASE %I IS %L', $1::text, $2::text)"
_PREPARE = """
CREATE SCHEMA bench;
CREATE EXTENSION pg_stat_statements WITH SCHEMA public;
CREATE TABLE bench.share (
    agency_id integer PRIMARY KEY, first_patron integer NOT NULL, patrons integer NOT NULL, pin_hash bytea NOT NULL)
"""
_SEARCH_PATH = "SET search_path = faelles, public"
_VACUUM = "VACUUM (ANALYZE)"
_SHARES = "SELECT agency_id, first_patron, patrons FROM bench.share ORDER BY first_patron"
_BRANCHES = """
SELECT b.agency_id, array_agg(b.branch_id ORDER BY b.branch_id) AS branches
  FROM branch_directory AS b
 WHERE b.kind = 'public' AND EXISTS (SELECT FROM placement_directory AS p
                                      WHERE p.agency_id = b.agency_id AND p.branch_id = b.branch_id)
 GROUP BY b.agency_id
"""
_OPEN_LOANS = "SELECT count(*) FROM open_loan"
_VERSION = "SELECT version()"
_CHECKPOINT = "CHECKPOINT"
_SECONDS_TO_COPY: Final = 1800
_WATCH = f"ALTER ROLE {LOGIN} SET pg_stat_statements.track = 'all'"
_UNWATCH = f"ALTER ROLE {LOGIN} RESET pg_stat_statements.track"
_COUNT_FROM_NOW = "SELECT pg_stat_statements_reset()"
_COUNTED = """
SELECT COALESCE(sum(calls) FILTER (WHERE s.toplevel), 0)::bigint AS sent,
       COALESCE(sum(calls) FILTER (WHERE NOT s.toplevel), 0)::bigint AS inner
  FROM pg_stat_statements AS s
  JOIN pg_roles AS r ON r.oid = s.userid
 WHERE r.rolname = 'faelles_app'
"""


async def template_note(server: Connection, pair: Pair) -> str | None:
    """What the template says of itself, None where there is no whole one."""
    note: str | None = await server.fetchval(_TEMPLATE_NOTE, pair.template)
    return note


async def _do(server: Connection, written_by: str, *names: str) -> None:
    """What the statement `written_by` writes for these names."""
    await server.execute(await server.fetchval(written_by, *names), timeout=_SECONDS_TO_COPY)


async def new_template(server: Connection, pair: Pair) -> None:
    for name in (pair.run, pair.template):
        await _do(server, _DROP, name)
    await _do(server, _CREATE_EMPTY, pair.template)


async def finish_template(server: Connection, pair: Pair, note: str) -> None:
    await _do(server, _KEEP_NOTE, pair.template, note)


async def new_run(server: Connection, pair: Pair) -> None:
    """A fresh copy of the template, so that every run starts from the same state."""
    await _do(server, _DROP, pair.run)
    await _do(server, _COPY, pair.run, pair.template)
    await server.execute(_CHECKPOINT, timeout=_SECONDS_TO_COPY)


async def fill(owner: Connection, shares: Sequence[tuple[int, int, int, bytes]]) -> None:
    """Patrons, copies and loans for agencies that are founded: (agency, first patron, patrons, PIN's hash)."""
    await owner.execute(_SEARCH_PATH)
    await owner.execute(_PREPARE)
    await owner.copy_records_to_table("share", schema_name="bench", records=shares)
    await owner.execute(script("fill.sql"), timeout=3600)
    await owner.execute(script("yardstick.sql"))
    await owner.execute(_VACUUM, timeout=3600)


async def shares(owner: Connection) -> list[tuple[int, int]]:
    """Agencies and their first patrons, ascending."""
    return [(row["agency_id"], row["first_patron"]) for row in await owner.fetch(_SHARES)]


async def branches(owner: Connection) -> Mapping[int, Sequence[int]]:
    await owner.execute(_SEARCH_PATH)
    return {row["agency_id"]: row["branches"] for row in await owner.fetch(_BRANCHES)}


async def open_loans(owner: Connection) -> int:
    await owner.execute(_SEARCH_PATH)
    number: int = await owner.fetchval(_OPEN_LOANS)
    return number


async def version(server: Connection) -> str:
    text: str = await server.fetchval(_VERSION)
    return text.partition(" on ")[0]


@asynccontextmanager
async def watching(owner: Connection) -> AsyncIterator[None]:
    """Statements are counted for whoever signs in within."""
    await owner.execute(_WATCH)
    try:
        yield
    finally:
        await owner.execute(_UNWATCH)


async def count_from_now(owner: Connection) -> None:
    await owner.execute(_COUNT_FROM_NOW)


async def counted(owner: Connection) -> tuple[int, int]:
    """Statements since `count_from_now` of those who are watched: sent by the client, and run inside functions."""
    row = await owner.fetchrow(_COUNTED)
    return (row["sent"], row["inner"]) if row else (0, 0)


def script(name: str) -> str:
    return (resources.files("faelles.bench") / name).read_text(encoding="utf-8")
