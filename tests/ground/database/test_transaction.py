"""The only way to a connection: what it sets, what it costs, when it tries again, and what it leaves behind."""

import asyncio
import contextlib
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.database.pool import open_database
from faelles.ground.database.transaction import ATTEMPTS
from faelles.ground.errors import UnavailableError
from ground.database.wire import tapped
from town import Town

KIOSK = Actor(ActorKind.MACHINE, 12)
WRITE = "INSERT INTO event_reader (agency_id, reader) VALUES ($1, $2)"
LOAD = "SELECT reader FROM event_reader WHERE agency_id = $1"
BACKEND = "SELECT pg_backend_pid()"
SETTINGS = "SELECT current_setting('faelles.agency', true) AS agency, current_setting('faelles.actor', true) AS actor"
FAIL = "DO $$BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{}'; END$$"
TRY_AGAIN = ["40001", "40P01", "55P03"]


async def write(tx: Transaction, what: str) -> None:
    await tx.execute(WRITE, tx.agency, what)


async def kept(database: Database, town: Town) -> set[str]:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return {row["reader"] for row in await tx.rows(LOAD, tx.agency)}


async def test_agency_and_actor_are_set_inside_and_gone_after(single: Database, town: Town):
    async with single.transaction(town.agency, KIOSK) as tx:
        inside = await tx.row(SETTINGS)
    [after] = await single.outside_agencies(SETTINGS)
    assert inside is not None
    assert (inside["agency"], inside["actor"]) == (str(town.agency), "machine:12")
    assert (after["agency"] or "", after["actor"] or "") == ("", "")


async def test_they_are_gone_after_a_failure_too(single: Database, town: Town):
    with pytest.raises(ZeroDivisionError):
        async with single.transaction(town.agency, KIOSK):
            raise ZeroDivisionError
    assert not (await single.outside_agencies("SELECT current_agency() AS id"))[0]["id"]


async def test_outside_agencies_no_municipality_is_seen(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await write(tx, "x")
    assert await database.outside_agencies(LOAD, town.agency) == []


async def test_a_transaction_happens_at_one_moment(owner_url: str, town: Town):
    noon = datetime(2026, 6, 5, 12, tzinfo=UTC)
    async with (
        open_database(owner_url, connections=1, clock=lambda: noon) as opened,
        opened.transaction(town.agency, SYSTEM) as tx,
    ):
        assert tx.now == noon


async def test_one_load_and_one_write_cost_two_messages(owner_url: str, town: Town):
    async def lend(tx: Transaction) -> None:
        await tx.rows(LOAD, tx.agency)
        await tx.write("UPDATE event_reader SET event_id = 1 WHERE agency_id = $1", tx.agency)

    with tempfile.TemporaryDirectory() as directory:
        async with (
            tapped(owner_url, Path(directory)) as (wire, url),
            open_database(url, connections=1) as through_the_wire,
        ):
            await through_the_wire.run(town.agency, SYSTEM, lend)
            wire.asked = 0
            await through_the_wire.run(town.agency, SYSTEM, lend)
            assert wire.asked == 2
            await through_the_wire.run(town.agency, SYSTEM, nothing)
            assert wire.asked == 2


async def nothing(_: Transaction) -> None:
    """Somebody opened a transaction to find that there was nothing to do."""


async def test_what_is_written_is_there_for_the_next_statement(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await tx.write(WRITE, tx.agency, "a")
        await tx.write(WRITE, tx.agency, "b")
        assert {row["reader"] for row in await tx.rows(LOAD, tx.agency)} == {"a", "b"}
        await tx.write(WRITE, tx.agency, "c")
    assert await kept(database, town) == {"a", "b", "c"}


async def test_what_was_not_to_be_written_is_told_with_the_commit_and_nothing_is_kept(single: Database, town: Town):
    async def twice(tx: Transaction) -> None:
        await tx.write(WRITE, tx.agency, "x")
        await tx.write(WRITE, tx.agency, "x")

    [before] = await single.outside_agencies(BACKEND)
    with pytest.raises(asyncpg.UniqueViolationError):
        await single.run(town.agency, SYSTEM, twice)
    assert await kept(single, town) == set()
    assert await single.outside_agencies(BACKEND) == [before]


async def test_what_was_not_to_be_written_is_told_with_the_next_statement(single: Database, town: Town):
    async def meddle(tx: Transaction) -> None:
        await tx.write("SELECT WHERE 1 / $1::integer = 1", 0)
        await tx.rows(LOAD, tx.agency)

    with pytest.raises(asyncpg.DivisionByZeroError):
        await single.run(town.agency, SYSTEM, meddle)
    assert await kept(single, town) == set()


async def test_a_statement_that_gives_rows_does_not_go_ahead(single: Database, town: Town):
    with pytest.raises(ValueError, match="rows would be taken"):
        await single.run(town.agency, SYSTEM, lambda tx: tx.write("SELECT $1::integer", 1))
    assert await kept(single, town) == set()


async def test_what_is_written_after_a_question_that_never_left_is_kept(single: Database, town: Town):
    async def ask_amiss_and_go_on(tx: Transaction) -> None:
        with pytest.raises(asyncpg.DataError):
            await tx.rows("SELECT $1::integer", "no number")
        await tx.write(WRITE, tx.agency, "x")
        await tx.write(WRITE, tx.agency, "y")

    await single.run(town.agency, SYSTEM, ask_amiss_and_go_on)
    assert await kept(single, town) == {"x", "y"}


async def test_work_that_fails_leaves_unsaid_what_was_still_to_be_written(single: Database, town: Town):
    async def fail(tx: Transaction) -> None:
        await tx.write(WRITE, tx.agency, "x")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await single.run(town.agency, SYSTEM, fail)
    assert await kept(single, town) == set()


VALUES = (
    "jsonb_build_array($1::text, $2::bigint, $3::boolean, $4::date, $5::timestamptz, encode($6, 'hex'), $7::text[])"
)


async def test_every_kind_of_value_is_written_as_it_is(database: Database, town: Town):
    noon = datetime(2026, 6, 5, 12, 30, tzinfo=UTC)
    said = ("Ærø 'x' \\", -5, True, noon.date(), noon, b"\x00\xff", ['a"b', "c\\,{}", "", None])
    async with database.transaction(town.agency, SYSTEM) as tx:

        async def write_and_read() -> str:
            await tx.write(
                f"INSERT INTO event (agency_id, at, actor, kind, dimensions) VALUES ($8, $5, $9, 'x', {VALUES})",
                *said,
                tx.agency,
                "system:0",
            )
            return await tx.value("SELECT dimensions::text FROM event WHERE agency_id = $1 AND kind = 'x'", tx.agency)

        # Undone again, for whoever reads the log knows no event of this form.
        written = await tx.rehearse(write_and_read)
    assert json.loads(written) == [
        said[0],
        -5,
        True,
        "2026-06-05",
        "2026-06-05T12:30:00+00:00",
        "00ff",
        ['a"b', "c\\,{}", "", None],
    ]


async def test_a_value_that_has_no_text_is_a_mistake_of_ours(single: Database, town: Town):
    with pytest.raises(TypeError):
        await single.run(town.agency, SYSTEM, lambda tx: tx.write(WRITE, tx.agency, object()))
    assert await kept(single, town) == set()


async def test_read_only_refuses_to_write(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await write(tx, "before")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await database.run(town.agency, SYSTEM, lambda tx: write(tx, "x"), read_only=True)
    assert await database.run(town.agency, SYSTEM, lambda tx: tx.value(LOAD, tx.agency), read_only=True) == "before"


async def test_read_only_every_question_is_asked_within_the_agency_and_none_stays_open(single: Database, town: Town):
    async with single.transaction(town.agency, SYSTEM, read_only=True) as tx:
        for _ in range(2):
            assert await tx.value("SELECT current_agency()") == town.agency
            assert await tx.value("SELECT current_setting('transaction_read_only')") == "on"
    after = await single.outside_agencies("SELECT current_agency(), current_setting('transaction_read_only')")
    assert [tuple(row) for row in after] == [(None, "off")]


async def test_read_only_a_failed_question_that_nobody_heeds_is_told_at_the_end(single: Database, town: Town):
    async def work(tx: Transaction) -> None:
        with contextlib.suppress(asyncpg.DivisionByZeroError):
            await tx.value("SELECT 1 / 0")

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await single.run(town.agency, SYSTEM, work, read_only=True)
    assert await single.run(town.agency, SYSTEM, lambda tx: tx.value("SELECT 1"), read_only=True) == 1


async def test_execute_tells_how_many_rows_it_touched(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await tx.execute_many(WRITE, [(tx.agency, "a"), (tx.agency, "b")])
        assert await tx.execute("DELETE FROM event_reader WHERE agency_id = $1", tx.agency) == 2
        assert await tx.execute("SET LOCAL enable_seqscan = off") == 0


@pytest.mark.parametrize("sqlstate", TRY_AGAIN)
async def test_work_is_done_again_from_the_start_when_postgresql_asks(database: Database, town: Town, sqlstate):
    attempts = []

    async def work(tx: Transaction) -> str:
        attempts.append(tx)
        await write(tx, f"attempt {len(attempts)}")
        if len(attempts) < 3:
            await tx.execute(FAIL.format(sqlstate))
        return "done"

    assert await database.run(town.agency, SYSTEM, work) == "done"
    assert await kept(database, town) == {"attempt 3"}


@pytest.mark.parametrize("sqlstate", TRY_AGAIN)
async def test_after_enough_attempts_the_database_is_too_busy(database: Database, town: Town, sqlstate):
    attempts = []

    async def work(tx: Transaction) -> None:
        attempts.append(tx)
        await tx.execute(FAIL.format(sqlstate))

    with pytest.raises(UnavailableError, match="database_busy"):
        await database.run(town.agency, SYSTEM, work)
    assert len(attempts) == ATTEMPTS


async def test_two_that_lock_each_other_out_both_come_through(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await write(tx, "a")
        await write(tx, "b")
    both_hold_one = asyncio.Barrier(2)

    async def lock(tx: Transaction, first: str, second: str, attempts: list[int]) -> None:
        attempts.append(1)
        for reader in (first, second):
            await tx.execute(
                "UPDATE event_reader SET event_id = event_id + 1 WHERE agency_id = $1 AND reader = $2",
                tx.agency,
                reader,
            )
            if len(attempts) == 1 and reader == first:
                await both_hold_one.wait()

    ours, theirs = [], []
    await asyncio.gather(
        database.run(town.agency, SYSTEM, lambda tx: lock(tx, "a", "b", ours)),
        database.run(town.agency, SYSTEM, lambda tx: lock(tx, "b", "a", theirs)),
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        moved = await tx.value("SELECT array_agg(event_id) FROM event_reader WHERE agency_id = $1", tx.agency)
    assert moved == [2, 2]
    assert len(ours + theirs) == 3


async def test_other_errors_are_not_tried_again(database: Database, town: Town):
    attempts = []

    async def work(tx: Transaction) -> None:
        attempts.append(tx)
        await write(tx, "x")
        await write(tx, "x")

    with pytest.raises(asyncpg.UniqueViolationError):
        await database.run(town.agency, SYSTEM, work)
    assert len(attempts) == 1


async def test_work_that_heeds_no_failed_statement_is_not_taken_for_done(database: Database, town: Town):
    async def work(tx: Transaction) -> str:
        await write(tx, "x")
        with contextlib.suppress(asyncpg.UniqueViolationError):
            await write(tx, "x")
        return "done"

    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        await database.run(town.agency, SYSTEM, work)
    assert await kept(database, town) == set()


@pytest.mark.parametrize("steps", range(0, 24, 2))
async def test_a_caller_cancelled_at_any_moment_leaves_no_transaction_open(single, owner, town: Town, steps):
    async def work(tx: Transaction) -> None:
        await write(tx, "half done")
        await tx.value("SELECT pg_sleep(10)")

    caller = asyncio.create_task(single.run(town.agency, SYSTEM, work))
    for _ in range(steps):
        await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await kept(single, town) == set()
    assert not await owner.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state LIKE 'idle in transaction%'",
        (await single.outside_agencies(BACKEND))[0]["pg_backend_pid"],
    )


async def test_a_caller_cancelled_while_a_statement_runs_leaves_no_transaction_open(single, owner, town: Town):
    backend: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def work(tx: Transaction) -> None:
        await write(tx, "half done")
        backend.set_result(await tx.value(BACKEND))
        await tx.value("SELECT pg_sleep(10)")

    caller = asyncio.create_task(single.run(town.agency, SYSTEM, work))
    pid = await backend
    await asyncio.sleep(0.05)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    states = await owner.fetch("SELECT state FROM pg_stat_activity WHERE pid = $1", pid)
    assert [row["state"] for row in states] in ([], ["idle"])
    assert await kept(single, town) == set()


async def test_a_transaction_that_somebody_left_open_is_not_handed_on(single: Database):
    connection = await single._pool.acquire()
    await connection.execute("BEGIN; SET LOCAL faelles.agency = 1")
    single._pool.release(connection)
    assert (await single.outside_agencies("SELECT current_agency() AS id"))[0]["id"] is None


async def test_a_connection_that_waits_to_be_used_has_no_statement_under_way(owner_url: str, owner):
    async with open_database(owner_url, connections=2) as opened:
        [row] = await opened.outside_agencies(BACKEND)
        states = await owner.fetch(
            "SELECT state, xact_start FROM pg_stat_activity "
            "WHERE application_name = 'faelles' AND datname = current_database() AND pid <> $1",
            row["pg_backend_pid"],
        )
    assert states
    assert {(row["state"], row["xact_start"]) for row in states} == {("idle", None)}


async def test_a_connection_in_good_order_is_used_again(single: Database, town: Town):
    async with single.transaction(town.agency, SYSTEM) as tx:
        pid = await tx.value(BACKEND)
    assert (await single.outside_agencies(BACKEND))[0]["pg_backend_pid"] == pid
    assert single.size() == (1, 1)


async def test_what_a_look_notes_is_kept_though_the_work_is_refused(database: Database, town: Town):
    async def noted_and_refused(tx: Transaction) -> None:
        await write(tx, "noted")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.look(town.agency, KIOSK, noted_and_refused)
    assert await kept(database, town) == {"noted"}


async def test_what_a_look_says_last_is_kept_too(single: Database, town: Town):
    async def noted_at_the_end(tx: Transaction) -> None:
        await tx.rows(LOAD, tx.agency)
        await tx.write(WRITE, tx.agency, "last")

    await single.look(town.agency, KIOSK, noted_at_the_end)
    assert await kept(single, town) == {"last"}


async def test_of_a_message_of_a_look_that_fails_nothing_is_kept(single: Database, town: Town):
    async def in_one_message(tx: Transaction) -> None:
        await tx.write(WRITE, tx.agency, "half")
        await tx.value("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await single.look(town.agency, KIOSK, in_one_message)
    assert await kept(single, town) == set()


async def test_of_a_message_of_a_look_that_was_never_sent_whole_nothing_is_kept(single: Database, town: Town):
    async def beyond_its_column(tx: Transaction) -> None:
        await tx.write(WRITE, tx.agency, "half")
        await tx.value("SELECT $1::integer", 2**40)

    with pytest.raises(asyncpg.DataError):
        await single.look(town.agency, KIOSK, beyond_its_column)
    assert await kept(single, town) == set()


async def test_each_message_of_a_look_acts_within_the_agency(single: Database, town: Town):
    async def twice(tx: Transaction) -> list[tuple[str, str]]:
        rows = [await tx.row(SETTINGS), await tx.row(SETTINGS)]
        return [(row["agency"], row["actor"]) for row in rows if row]

    assert await single.look(town.agency, KIOSK, twice) == [(str(town.agency), "machine:12")] * 2
    [after] = await single.outside_agencies(SETTINGS)
    assert (after["agency"] or "", after["actor"] or "") == ("", "")
