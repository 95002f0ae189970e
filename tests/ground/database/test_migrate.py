"""A database is brought to this release's schema: once, together, and never past what it cannot know."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import asyncpg
import pytest

from faelles.ground.access import record_access
from faelles.ground.actor import SYSTEM
from faelles.ground.database import migrate as module
from faelles.ground.database.migrate import Migration, migrate, migrations, missing_migrations
from faelles.ground.database.pool import open_database
from faelles.ground.errors import MisconfiguredError, UnavailableError
from faelles.ground.events import Event, append
from faelles.ground.ids import AgencyId, PatronId

GROUND = migrations()[:1]
MORE = Migration(2, "more", "CREATE TABLE more (agency_id integer)")
PARTITIONS = """
SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
  FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
 WHERE i.inhparent = ('faelles.' || $1)::regclass AND c.relname NOT LIKE '%default'
 ORDER BY c.relname
"""


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch):
    """Set what this release's migrations are."""

    def holds(*held: Migration) -> None:
        monkeypatch.setattr(module, "migrations", lambda: list(held))

    holds(*GROUND)
    return holds


async def query(url: str, sql: str, *values: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(sql, *values)
    finally:
        await connection.close()


async def tables(url: str) -> set[str]:
    rows = await query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'faelles'")
    return {row["tablename"] for row in rows}


def coming_months() -> list[date]:
    this = datetime.now(UTC).date().replace(day=1)
    return [date(this.year + (this.month + step - 1) // 12, (this.month + step - 1) % 12 + 1, 1) for step in range(25)]


def test_the_files_are_numbered_from_one_without_a_gap():
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))


async def test_whoever_comes_second_waits_and_finds_nothing_to_do(empty_url: str):
    told: list[Migration] = []
    first, second = await asyncio.gather(migrate(empty_url, tell=told.append), migrate(empty_url, tell=told.append))
    assert sorted([first, second], key=len) == [[], migrations()]
    assert told == migrations()
    assert await migrate(empty_url) == []


async def test_what_is_missing_is_known_before_and_nothing_after(empty_url: str, release):
    async with open_database(empty_url, connections=1) as database:
        assert await missing_migrations(database) == GROUND
        await migrate(empty_url)
        assert await missing_migrations(database) == []
        release(*GROUND, MORE)
        assert await missing_migrations(database) == [MORE]


async def test_a_file_changed_after_it_was_applied_is_refused_before_anything_else_is(empty_url: str, release):
    await migrate(empty_url)
    release(replace(GROUND[0], sql=GROUND[0].sql + "\n-- x"), MORE)
    with pytest.raises(MisconfiguredError) as refused:
        await migrate(empty_url)
    assert (refused.value.code, refused.value.parameters) == (
        "migration_changed",
        {"number": 1, "migration": "ground"},
    )
    assert "more" not in await tables(empty_url)


async def test_a_file_that_fails_leaves_nothing_of_itself_and_may_be_mended(empty_url: str, release):
    release(*GROUND, replace(MORE, sql=MORE.sql + "; SELECT 1 / 0"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_url)
    assert "event" in await tables(empty_url)
    assert "more" not in await tables(empty_url)
    release(*GROUND, MORE)
    assert await migrate(empty_url) == [MORE]


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WAIT_BRIEFLY", "SET lock_timeout = '50ms'")
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_ATTEMPTS", 0.05)


async def test_a_table_that_somebody_holds_is_asked_for_again_and_nobody_waits_long_behind_us(
    empty_url: str, release, hurry: None
):
    await migrate(empty_url)
    release(*GROUND, replace(MORE, sql="ALTER TABLE event_reader ADD COLUMN more integer"))
    backup = await asyncpg.connect(empty_url)
    try:
        async with backup.transaction():
            await backup.execute("LOCK faelles.event_reader IN ACCESS SHARE MODE")
            waiting = asyncio.create_task(migrate(empty_url))
            await asyncio.sleep(0.2)
            assert not waiting.done()
        assert [each.number for each in await waiting] == [2]
    finally:
        await backup.close()


async def test_a_table_that_is_never_free_is_said_to_be_and_the_next_run_goes_on(empty_url: str, release, hurry: None):
    await migrate(empty_url)
    release(*GROUND, replace(MORE, sql="ALTER TABLE event_reader ADD COLUMN more integer"))
    backup = await asyncpg.connect(empty_url)
    try:
        async with backup.transaction():
            await backup.execute("LOCK faelles.event_reader IN ACCESS SHARE MODE")
            with pytest.raises(UnavailableError) as said:
                await migrate(empty_url)
        assert (said.value.code, said.value.parameters) == ("migration_kept_waiting", {"step": "0002 more"})
        assert len(await migrate(empty_url)) == 1
    finally:
        await backup.close()


async def test_a_second_run_waits_for_the_first_however_long_it_takes(empty_url: str, release, hurry: None):
    first = await asyncpg.connect(empty_url)
    try:
        await first.execute("SELECT pg_advisory_lock($1)", module._LOCK)
        second = asyncio.create_task(migrate(empty_url))
        await asyncio.sleep(0.5)
        assert not second.done()
    finally:
        await first.close()
    assert await second == GROUND


async def test_an_old_server_is_refused_untouched(empty_url: str, monkeypatch):
    monkeypatch.setattr(module, "_OLDEST_SERVER", 990000)
    with pytest.raises(MisconfiguredError) as refused:
        await migrate(empty_url)
    assert refused.value.code == "database_too_old"
    assert refused.value.parameters["needed"] == 99
    assert await query(empty_url, "SELECT FROM pg_namespace WHERE nspname = 'faelles'") == []


async def test_a_database_that_is_not_utf8_is_refused(empty_url: str):
    name = (await query(empty_url, "SELECT current_database() || '_latin' AS name"))[0]["name"]
    await query(
        empty_url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    )
    try:
        with pytest.raises(MisconfiguredError, match="database_not_utf8"):
            await migrate(empty_url.replace(name.removesuffix("_latin"), name))
    finally:
        await query(empty_url, f"DROP DATABASE {name}")


@pytest.mark.parametrize("table", ["event", "access_log"])
async def test_this_month_and_the_next_two_years_have_their_partitions(owner_url: str, table):
    names = [row["name"] for row in await query(owner_url, PARTITIONS, table)]
    assert names == [f"{table}_{month:%Y_%m}" for month in coming_months()]


async def test_a_month_begins_in_utc_whatever_zone_the_server_keeps(empty_url: str, release):
    name = (await query(empty_url, "SELECT current_database() AS name"))[0]["name"]
    await query(empty_url, f"ALTER DATABASE {name} SET timezone = 'Europe/Copenhagen'")
    await migrate(empty_url)
    await query(empty_url, f"ALTER DATABASE {name} SET timezone = 'UTC'")
    [first, *_] = await query(empty_url, PARTITIONS, "event")
    assert f"FROM ('{coming_months()[0]} 00:00:00+00')" in first["bounds"]


async def test_a_later_run_makes_the_partitions_that_are_missing(empty_url: str, release):
    await migrate(empty_url)
    last = f"event_{coming_months()[-1]:%Y_%m}"
    await query(empty_url, f"DROP TABLE faelles.{last}")
    assert await migrate(empty_url) == []
    assert last in {row["name"] for row in await query(empty_url, PARTITIONS, "event")}


@pytest.mark.parametrize("table", ["event", "access_log"])
async def test_what_came_while_its_month_was_missing_moves_into_it(empty_url: str, release, table):
    await migrate(empty_url)
    month = f"{table}_{coming_months()[0]:%Y_%m}"
    await query(empty_url, f"DROP TABLE faelles.{month}")
    agency = AgencyId(1)
    async with open_database(empty_url, connections=1) as database:
        await database.run(agency, SYSTEM, lambda tx: append(tx, Event(kind="x"), Event(kind="y")))
        await database.run(agency, SYSTEM, lambda tx: record_access(tx, "x", [PatronId(7), PatronId(8)]))
        counted = f"SELECT (SELECT count(*) FROM faelles.{table}_default) AS astray, count(*) AS held"
        assert [tuple(row) for row in await query(empty_url, f"{counted} FROM faelles.{table}")] == [(2, 2)]
        assert await migrate(empty_url) == []
        assert [tuple(row) for row in await query(empty_url, f"{counted} FROM faelles.{month}")] == [(0, 2)]
        await database.run(agency, SYSTEM, lambda tx: append(tx, Event(kind="z")))
        await database.run(agency, SYSTEM, lambda tx: record_access(tx, "x", [PatronId(9)]))
    assert [tuple(row) for row in await query(empty_url, f"{counted} FROM faelles.{month}")] == [(0, 3)]


@pytest.mark.parametrize("table", ["event", "access_log"])
async def test_a_month_made_late_is_like_the_others(empty_url: str, release, table):
    await migrate(empty_url)
    await query(
        empty_url,
        f"CREATE TABLE faelles.plain PARTITION OF faelles.{table} FOR VALUES FROM ('1990-01-01') TO ('1990-02-01')",
    )
    like = """
    SELECT array_agg((a.attname, a.atttypid, a.attnotnull, a.attidentity, a.atthasdef)::text ORDER BY a.attnum),
           (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid), c.relrowsecurity
      FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.oid = ('faelles.' || $1)::regclass
     GROUP BY c.oid
    """
    made, plain = [await query(empty_url, like, name) for name in (f"{table}_{coming_months()[1]:%Y_%m}", "plain")]
    assert tuple(made[0]) == tuple(plain[0])
