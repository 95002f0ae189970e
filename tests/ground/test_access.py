from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from faelles.ground.access import looks_at, record_access
from faelles.ground.actor import Actor, ActorKind
from faelles.ground.database import Database, Transaction
from faelles.ground.database.pool import open_database
from faelles.ground.ids import PatronId
from town import Town

DESK = Actor(ActorKind.STAFF, 4)
KAREN, ISAK = PatronId(1_000_000_000_001), PatronId(1_000_000_000_002)
NOON = datetime(2026, 6, 5, 12, tzinfo=UTC)


@pytest.fixture
async def seen(owner_url: str, town: Town) -> Town:
    """A town where Karen was looked at at one, two and three o'clock, and Isak at two."""
    moments = iter(NOON + timedelta(hours=hour) for hour in (1, 2, 3))
    async with open_database(owner_url, connections=1, clock=lambda: next(moments)) as opened:
        for operation, persons in (("patron_found", [KAREN]), ("loan_made", [KAREN, ISAK]), ("patron_read", [KAREN])):
            async with opened.transaction(town.agency, DESK) as tx:
                await record_access(tx, operation, persons)
    return town


async def looks(database: Database, town: Town, *persons: PatronId, before=None, limit=10):
    async with database.transaction(town.agency, DESK) as tx:
        return await looks_at(tx, persons, before=before, limit=limit)


async def test_a_look_says_who_when_and_what_for(database: Database, seen: Town):
    [look] = await looks(database, seen, ISAK)
    assert (look.actor, look.at, look.person, look.operation) == (
        "staff:4",
        NOON + timedelta(hours=2),
        ISAK,
        "loan_made",
    )


async def test_the_latest_look_comes_first(database: Database, seen: Town):
    found = await looks(database, seen, KAREN)
    assert [look.operation for look in found] == ["patron_read", "loan_made", "patron_found"]


async def test_looks_are_read_in_pages_backwards(database: Database, seen: Town):
    first = await looks(database, seen, KAREN, limit=2)
    rest = await looks(database, seen, KAREN, before=first[-1].at, limit=2)
    assert [look.operation for look in rest] == ["patron_found"]


async def test_several_persons_are_asked_for_at_once(database: Database, seen: Town):
    assert len(await looks(database, seen, KAREN, ISAK)) == 4


async def test_another_agency_sees_no_look(database: Database, seen: Town, neighbour: Town):
    assert await looks(database, neighbour, KAREN) == []


async def test_seeing_nobody_leaves_no_trace(database: Database, town: Town):
    async with database.transaction(town.agency, DESK) as tx:
        await record_access(tx, "patron_found", [])
        assert not await tx.value("SELECT count(*) FROM access_log WHERE agency_id = $1", tx.agency)


async def test_a_look_that_was_rolled_back_is_not_there(database: Database, town: Town):
    async def look_and_fail(tx: Transaction) -> None:
        await record_access(tx, "patron_found", [KAREN])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(town.agency, DESK, look_and_fail)
    assert await looks(database, town, KAREN) == []


async def test_a_look_is_never_changed(database: Database, seen: Town):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with database.transaction(seen.agency, DESK) as tx:
            await tx.execute("UPDATE access_log SET operation = 'x' WHERE agency_id = $1", tx.agency)


async def test_a_look_of_the_last_half_year_is_never_taken_back(database: Database, town: Town):
    async with database.transaction(town.agency, DESK) as tx:
        await record_access(tx, "patron_found", [KAREN])
    async with database.transaction(town.agency, DESK) as tx:
        await tx.execute("DELETE FROM access_log WHERE agency_id = $1", tx.agency)
    assert len(await looks(database, town, KAREN)) == 1
