"""Several questions in one message: each gets its own answer, and what is wrong with one is told."""

import tempfile
from pathlib import Path

import asyncpg
import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Read, Transaction
from faelles.ground.database.pool import open_database
from ground.database.wire import tapped
from town import Town

READER = "INSERT INTO event_reader (agency_id, reader) VALUES ($1, $2)"
READERS = "SELECT COALESCE(json_agg(reader), '[]')::text FROM event_reader WHERE agency_id = $1"


def plus_one(number: int) -> Read[int]:
    return Read("SELECT ($1::integer + 1)::text", (number,), int)


def said(text: str) -> Read[str]:
    return Read("SELECT $1::text", (text,), str)


async def test_each_question_gets_its_own_answer_in_one_message(owner_url: str, town: Town):
    async def ask(tx: Transaction) -> tuple[int, str, int, str]:
        return await tx.together(plus_one(1), said("æ"), plus_one(7), said(""))

    with tempfile.TemporaryDirectory() as directory:
        async with (
            tapped(owner_url, Path(directory)) as (wire, url),
            open_database(url, connections=1) as through_the_wire,
        ):
            await through_the_wire.run(town.agency, SYSTEM, ask)
            wire.asked = 0
            assert await through_the_wire.run(town.agency, SYSTEM, ask) == (2, "æ", 8, "")
            assert wire.asked == 2  # the questions with the opening, and the end
            wire.asked = 0
            assert await through_the_wire.run(town.agency, SYSTEM, ask, read_only=True) == (2, "æ", 8, "")
            assert wire.asked == 1  # what only asks has nothing to end
            wire.asked = 0
            assert await through_the_wire.look(town.agency, SYSTEM, ask) == (2, "æ", 8, "")
            assert wire.asked == 1


async def test_what_is_written_before_is_seen(database: Database, town: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await tx.write(READER, tx.agency, "together")
        readers, two = await tx.together(Read(READERS, (tx.agency,), str), plus_one(1))
    assert ("together" in readers, two) == (True, 2)


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_question_that_fails_fails_all_and_the_connection_goes_on(single: Database, town: Town, place: int):
    reads = [plus_one(1), plus_one(2), plus_one(3)]
    reads[place] = plus_one(2**31 - 1)
    with pytest.raises(asyncpg.NumericValueOutOfRangeError):
        async with single.transaction(town.agency, SYSTEM) as tx:
            await tx.together(reads[0], reads[1], reads[2])
    async with single.transaction(town.agency, SYSTEM) as tx:
        assert await tx.together(plus_one(1), said("x")) == (2, "x")


@pytest.mark.parametrize(
    "wrong",
    [
        "SELECT 1",
        "SELECT '1'::text, '2'::text",
        "SELECT '1'::text WHERE false",
        "SELECT '1'::text FROM generate_series(1, 2)",
    ],
)
async def test_what_gives_anything_but_one_text_is_a_mistake_of_ours(single: Database, town: Town, wrong: str):
    with pytest.raises(ValueError, match="row"):
        async with single.transaction(town.agency, SYSTEM) as tx:
            await tx.together(Read(wrong, (), str), said("x"))


async def test_what_cannot_be_written_down_leaves_no_question_for_the_next_one_to_answer(single: Database, town: Town):
    async with single.transaction(town.agency, SYSTEM) as tx:
        with pytest.raises(UnicodeEncodeError):
            await tx.together(said("a"), said("\ud800"), said("c"))
        assert await tx.ask(said("d")) == "d"
