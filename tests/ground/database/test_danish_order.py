"""`danish_sort_key`: the Danish alphabet under the byte order of every database."""

import pytest

from faelles.ground.database import Database

IN_ORDER = [
    "1984",
    "Abel",
    "André",
    "Andrea",
    "Bo",
    "Zangenberg",
    "Zola",
    "Ægir",
    "Ærø",
    "Øen",
    "Ørsted",
    "Aabenraa",
    "Ågerup",
    "Aalborg",
    "Åse",
]
SAME = [
    ("Åse", "Aase"),
    ("ærø", "ÆRØ"),
    ("AALBORG", "ålborg"),
    ("André", "andre"),
    ("Ängel", "Ængel"),
    ("Böll", "Bøll"),
]


async def key(database: Database, words: str | None) -> str | None:
    return (await database.outside_agencies("SELECT danish_sort_key($1) AS key", words))[0]["key"]


async def test_ae_oe_and_aa_come_last_and_double_a_is_one_letter(database: Database):
    rows = await database.outside_agencies(
        "SELECT word FROM unnest($1::text[]) AS word ORDER BY danish_sort_key(word)", IN_ORDER[::-1]
    )
    assert [row["word"] for row in rows] == IN_ORDER


@pytest.mark.parametrize(("one", "other"), SAME)
async def test_spelling_case_and_accents_do_not_part_a_name(database: Database, one, other):
    assert await key(database, one) == await key(database, other)


@pytest.mark.parametrize(("one", "other"), [("ø", "o"), ("æ", "ae"), ("å", "a"), ("ñ", "o")])
async def test_letters_of_their_own_are_kept_apart(database: Database, one, other):
    assert await key(database, one) != await key(database, other)


async def test_nothing_has_no_place_in_the_order(database: Database):
    assert await key(database, None) is None
    assert await key(database, "") == ""
