"""A database is known again: by its keys, and by where its log of events has come to."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring, new_master_key, parse_master_keys
from faelles.ground.database import Database, Transaction
from faelles.ground.database.belonging import begin_epoch_where_restored, check_epoch, check_marks, note_marks
from faelles.ground.database.migrate import migrate
from faelles.ground.database.pool import open_database
from faelles.ground.errors import MisconfiguredError
from faelles.ground.ids import AgencyId

AGENCY = AgencyId(7)
FAR_AHEAD = "900000000000"


def keyring(text: str) -> Keyring:
    return Keyring(parse_master_keys(text))


@pytest.fixture
async def fresh(empty_url: str) -> AsyncIterator[Database]:
    await migrate(empty_url)
    async with open_database(empty_url, connections=1) as opened:
        yield opened


async def test_a_database_takes_the_keys_it_was_made_with_and_newer_ones_in_front(fresh: Database):
    old = new_master_key()
    await note_marks(fresh, keyring(old).marks())
    newer = f"2:{new_master_key().partition(':')[2]},{old}"
    for text in (old, newer):
        await check_marks(fresh, keyring(text).marks())
    await note_marks(fresh, keyring(newer).marks())
    await check_marks(fresh, keyring(newer).marks())


async def test_another_key_under_the_same_number_is_refused_and_not_noted(fresh: Database):
    right, wrong = keyring(new_master_key()), keyring(new_master_key())
    await note_marks(fresh, right.marks())
    await note_marks(fresh, wrong.marks())
    with pytest.raises(MisconfiguredError) as refused:
        await check_marks(fresh, wrong.marks())
    assert (refused.value.code, refused.value.parameters) == ("master_key_differs", {"number": 1})
    await check_marks(fresh, right.marks())


async def test_a_key_that_was_left_out_is_asked_for(fresh: Database):
    second = f"2:{new_master_key().partition(':')[2]}"
    await note_marks(fresh, keyring(f"{second},{new_master_key()}").marks())
    with pytest.raises(MisconfiguredError) as refused:
        await check_marks(fresh, keyring(second).marks())
    assert (refused.value.code, refused.value.parameters) == ("master_key_left_out", {"number": 1})


async def test_a_restored_database_is_refused_until_migrating_has_begun_a_new_epoch(fresh: Database, empty_url: str):
    async def happened(tx: Transaction) -> None:
        await tx.execute(
            "INSERT INTO event (agency_id, xid, at, actor, kind) VALUES ($1, $2::text::xid8, $3, 'x', 'loan.opened')",
            AGENCY, FAR_AHEAD, tx.now,
        )  # fmt: skip

    await _found(empty_url, AGENCY)
    await check_epoch(fresh)
    await fresh.run(AGENCY, SYSTEM, happened)
    with pytest.raises(MisconfiguredError, match="event_epoch_past"):
        await check_epoch(fresh)
    for _ in range(2):
        await begin_epoch_where_restored(empty_url)
        await check_epoch(fresh)
    [row] = await fresh.outside_agencies("SELECT current_epoch() AS epoch")
    assert row["epoch"] == 2


async def _found(url: str, agency: AgencyId) -> None:
    connection = await asyncpg.connect(url, server_settings={"search_path": "faelles, public"})
    await connection.execute(
        "INSERT INTO agency (agency_id, isil, name, kind) VALUES ($1, 'DK-7', 'Syv', 'municipality')", agency
    )
    await connection.close()
