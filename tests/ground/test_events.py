"""The event log: whoever reads it sees every event once, in one order, whenever its transaction commits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.database.migrate import migrate
from faelles.ground.database.pool import open_database
from faelles.ground.events import Event, Position, RecordedEvent, append, read_after, read_next
from faelles.ground.ids import AgencyId
from town import Town
from waiting import PATIENCE

KIOSK = Actor(ActorKind.MACHINE, 12)


async def write(database: Database, town: Town, *kinds: str) -> None:
    async with database.transaction(town.agency, KIOSK) as tx:
        await append(tx, *(Event(kind=kind) for kind in kinds))


async def read(database: Database, agency: AgencyId, reader: str = "r", limit: int = 500) -> list[RecordedEvent]:
    return await database.run(agency, SYSTEM, lambda tx: read_next(tx, reader, limit=limit))


async def read_until(database: Database, agency: AgencyId, count: int, reader: str = "r") -> list[str]:
    """The kinds of the next `count` events. Any transaction running on the server, in another database too, may hold
    them back for a while.
    """
    found: list[RecordedEvent] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            found += await read(database, agency, reader)
            await asyncio.sleep(0.01)
    return [event.kind for event in found]


@asynccontextmanager
async def open_writer(database: Database, town: Town, kind: str) -> AsyncIterator[None]:
    """A transaction that has appended and commits only at the end."""
    async with database.transaction(town.agency, KIOSK) as tx:
        await append(tx, Event(kind=kind))
        yield


async def test_an_event_is_read_as_it_was_written(database: Database, town: Town):
    written = Event(kind="loan_made", loan=1, hold=2, item=3, account=4, subject=5, dimensions={"age": 7, "å": None})
    async with database.transaction(town.agency, KIOSK) as tx:
        await append(tx, written)
    await read_until(database, town.agency, 1, "another")
    [event] = await read(database, town.agency)
    assert (event.agency, event.at, event.actor, event.kind) == (town.agency, tx.now, "machine:12", "loan_made")
    assert (event.loan, event.hold, event.item, event.account, event.subject) == (1, 2, 3, 4, 5)
    assert event.dimensions == {"age": 7, "å": None}


async def test_no_patron_is_named_not_even_as_the_one_who_acts(database: Database, town: Town):
    async with database.transaction(town.agency, Actor(ActorKind.PATRON, 451700000001)) as tx:
        await append(tx, Event(kind="loan_renewed", loan=1))
    await read_until(database, town.agency, 1, "another")
    [event] = await read(database, town.agency)
    assert (event.actor, event.loan) == ("patron", 1)


async def test_events_of_one_transaction_keep_their_order(database: Database, town: Town):
    await write(database, town, "a", "b", "c")
    await write(database, town, "d")
    assert await read_until(database, town.agency, 4) == ["a", "b", "c", "d"]


async def test_nothing_appended_is_nothing_written(database: Database, town: Town):
    await write(database, town)
    await write(database, town, "x")
    assert await read_until(database, town.agency, 1) == ["x"]


async def test_an_event_is_read_once(database: Database, town: Town):
    await write(database, town, "a")
    assert await read_until(database, town.agency, 1) == ["a"]
    assert await read(database, town.agency) == []


async def test_an_event_rolled_back_never_happened(database: Database, town: Town):
    with pytest.raises(ZeroDivisionError):
        async with open_writer(database, town, "never"):
            raise ZeroDivisionError
    await write(database, town, "a")
    assert await read_until(database, town.agency, 1) == ["a"]


async def test_one_that_commits_late_is_not_skipped_and_keeps_its_place(database: Database, town: Town):
    async with open_writer(database, town, "began first"):
        await write(database, town, "committed first")
        assert await read(database, town.agency) == []
    assert await read_until(database, town.agency, 2) == ["began first", "committed first"]


async def test_many_writers_at_once_lose_nothing_and_repeat_nothing(database: Database, town: Town):
    async def write_slowly(number: int) -> None:
        async with database.transaction(town.agency, KIOSK) as tx:
            await append(tx, Event(kind=str(number)))
            await asyncio.sleep(number % 5 / 200)
            await append(tx, Event(kind=f"{number} again"))

    async with asyncio.TaskGroup() as writers:
        for number in range(40):
            writers.create_task(write_slowly(number))
        read_meanwhile = await read_until(database, town.agency, 20)
    rest = await read_until(database, town.agency, 80 - len(read_meanwhile))
    kinds = read_meanwhile + rest
    assert sorted(kinds) == sorted([str(number) for number in range(40)] + [f"{number} again" for number in range(40)])
    assert all(kinds.index(str(number)) < kinds.index(f"{number} again") for number in range(40))
    assert kinds[::2] == [kind.removesuffix(" again") for kind in kinds[1::2]]


async def test_a_page_ends_where_the_next_begins(database: Database, town: Town):
    await write(database, town, *"abcde")
    await read_until(database, town.agency, 5, "another")
    pages = [[event.kind for event in await read(database, town.agency, limit=2)] for _ in range(4)]
    assert pages == [["a", "b"], ["c", "d"], ["e"], []]


async def test_the_position_moves_only_with_the_commit(database: Database, town: Town):
    await write(database, town, "a")
    await read_until(database, town.agency, 1, "another")

    async def read_and_fail(tx: Transaction) -> None:
        assert [event.kind for event in await read_next(tx, "r")] == ["a"]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(town.agency, SYSTEM, read_and_fail)
    assert [event.kind for event in await read(database, town.agency)] == ["a"]


async def test_readers_of_two_names_read_everything_each(database: Database, town: Town):
    await write(database, town, "a")
    assert await read_until(database, town.agency, 1, "statistics") == ["a"]
    assert await read_until(database, town.agency, 1, "notices") == ["a"]


async def test_two_readers_of_one_name_wait_for_each_other(database: Database, town: Town):
    await write(database, town, "a", "b")
    await read_until(database, town.agency, 2, "another")
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert len(await read_next(tx, "r")) == 2
        second = asyncio.create_task(read(database, town.agency))
        done, _ = await asyncio.wait([second], timeout=0.1)
        assert done == set()
    assert await second == []


async def test_another_agencys_events_are_not_read(database: Database, town: Town, neighbour: Town):
    await write(database, town, "ours")
    await write(database, neighbour, "theirs")
    assert await read_until(database, town.agency, 1) == ["ours"]
    assert await read(database, town.agency) == []


@pytest.mark.parametrize(
    "sql", ["UPDATE event SET kind = 'x' WHERE agency_id = $1", "DELETE FROM event WHERE agency_id = $1"]
)
async def test_history_is_not_edited(database: Database, town: Town, sql):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(town.agency, SYSTEM) as tx:
            await tx.execute(sql, tx.agency)


async def test_after_a_restore_into_another_cluster_old_events_come_first_and_none_is_hidden(empty_url: str):
    """Restored events may carry transaction ids that the new cluster has not reached yet."""
    agency = AgencyId(1)

    async def write_with(epoch: int, xid: str, kind: str, tx: Transaction) -> None:
        await tx.execute(
            "INSERT INTO event (agency_id, epoch, xid, at, actor, kind) VALUES ($1, $2, $3::text::xid8, $4, 'x', $5)",
            agency, epoch, xid, tx.now, kind,
        )  # fmt: skip

    await migrate(empty_url)
    async with open_database(empty_url, connections=1) as database:
        await database.run(agency, SYSTEM, lambda tx: write_with(1, "900000000000", "before the restore", tx))
        assert await read(database, agency) == []
        owner = await asyncpg.connect(empty_url)
        await owner.execute("INSERT INTO faelles.event_epoch (number) VALUES (2)")
        await owner.close()
        await database.run(agency, SYSTEM, lambda tx: append(tx, Event(kind="after the restore")))
        assert await read_until(database, agency, 2) == ["before the restore", "after the restore"]


async def test_a_reader_may_keep_its_own_place(database: Database, town: Town):
    await write(database, town, "a", "b", "c")
    await read_until(database, town.agency, 3)

    async def after(position: Position, limit: int) -> tuple[list[RecordedEvent], Position]:
        return await database.run(town.agency, SYSTEM, lambda tx: read_after(tx, position, limit=limit))

    first, place = await after(Position(), 2)
    again, same_place = await after(Position(), 2)
    rest, end = await after(place, 2)
    assert ([event.kind for event in first], [event.kind for event in rest]) == (["a", "b"], ["c"])
    assert (again, same_place) == (first, place)
    assert await after(end, 2) == ([], end)
