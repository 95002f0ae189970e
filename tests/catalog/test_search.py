import pytest

from catalog.titles import act, add_record
from faelles.catalog import operations
from faelles.catalog.model import SearchField
from faelles.ground.database import Database
from faelles.ground.errors import InvalidRequestError
from faelles.ground.ids import NATION
from town import Town


async def search(database: Database, town: Town, words: str, **how):
    how.setdefault("limit", 50)
    page = await act(database, town.agency, lambda tx, caller: operations.search_words(tx, caller, words, **how))
    return [record.title for record in page.records if record.agency == town.agency]


async def beginning(database: Database, town: Town, letters: str, **how):
    how.setdefault("limit", 50)
    return await act(database, town.agency, lambda tx, caller: operations.titles_beginning(tx, caller, letters, **how))


async def test_all_words_must_be_there_wherever_they_stand(database: Database, town: Town):
    await add_record(database, town.agency, "Kvinden i buret", creators=("Jussi Adler-Olsen",), subjects=("krimi",))
    await add_record(database, town.agency, "Kvinden på broen", creators=("Marie Holm",))
    assert await search(database, town, "kvinden adler krimi") == ["Kvinden i buret"]


@pytest.mark.parametrize(
    "words",
    [
        "hunde",
        "hund",
        "HUNDENES",
        "hunden århus",
        "aarhus",
        "Ꜳrhus",
        "kærlighe",
        "kærlighed",
        "det",
        "emile",
        "c++ hund",
    ],
)
async def test_words_are_found_by_stem_half_typed_and_however_spelt(database: Database, town: Town, words: str):
    title = "Hundene i Aarhus : det med kærligheden til Émile - c"
    await add_record(database, town.agency, title)
    assert await search(database, town, words) == [title]


@pytest.mark.parametrize("words", ["", "   ", "!!!", "&|!()':*", "\\", "😀", "٣", "a" * 200, "'; DROP TABLE record"])
async def test_words_that_mean_nothing_find_nothing(database: Database, town: Town, words: str):
    await add_record(database, town.agency, "Noget andet")
    assert await search(database, town, words) == []


async def test_the_very_title_comes_first_then_titles_then_subjects(database: Database, town: Town):
    await add_record(database, town.agency, "Om Rejsen og rejsen igen", subjects=("rejsen",))
    await add_record(database, town.agency, "Noget helt andet", subjects=("Rejsen",))
    await add_record(database, town.agency, "Rejsen : roman")
    await add_record(database, town.agency, "Rejsen")
    found = await search(database, town, "Rejsen")
    assert set(found[:2]) == {"Rejsen", "Rejsen : roman"}
    assert found[2:] == ["Om Rejsen og rejsen igen", "Noget helt andet"]


async def test_a_creator_is_not_found_in_a_title(database: Database, town: Town):
    await add_record(database, town.agency, "En bog om Karen Blixen", creators=("Frans Lasson",))
    await add_record(database, town.agency, "Syv fantastiske fortællinger", creators=("Karen Blixen",))
    assert await search(database, town, "blixen", field=SearchField.CREATOR) == ["Syv fantastiske fortællinger"]


async def test_a_neighbour_finds_none_of_our_records(database: Database, town: Town, neighbour: Town):
    await add_record(database, town.agency, "Qvintessens")
    for words in ("qvintessens", "qv"):
        page = await act(
            database,
            neighbour.agency,
            lambda tx, caller, words=words: operations.search_words(tx, caller, words, limit=200),
        )
        assert "Qvintessens" not in [record.title for record in page.records]
        assert "Qvintessens" not in [record.title for record in (await beginning(database, neighbour, words)).records]


async def test_replaced_records_are_no_longer_found(database: Database, town: Town):
    old = await add_record(database, town.agency, "Dobbelt post")
    new = await add_record(database, town.agency, "Dobbelt post igen")
    await act(database, town.agency, lambda tx, caller: operations.succeed_record(tx, caller, old.id, new.id))
    assert await search(database, town, "dobbelt") == ["Dobbelt post igen"]
    assert [record.id for record in (await beginning(database, town, "dobbelt p")).records] == [new.id]


async def test_found_records_are_leafed_through(database: Database, town: Town):
    made = {(await add_record(database, town.agency, f"Zxqv {place}")).id for place in range(5)}
    seen, skip = [], 0
    while skip is not None:
        page = await act(
            database,
            town.agency,
            lambda tx, caller, skip=skip: operations.search_words(tx, caller, "zxqv", limit=2, skip=skip),
        )
        seen += [record.id for record in page.records]
        skip = page.next_skip
    assert len(seen) == 5
    assert set(seen) == made


async def test_nobody_leafs_on_for_ever(database: Database, town: Town):
    with pytest.raises(InvalidRequestError):
        await search(database, town, "og", skip=2001)


async def test_titles_stand_in_danish_order_local_and_national_together(database: Database, town: Town):
    for title in ("Qæ", "Qø", "Qå", "Qaal", "Qz", "Qa"):
        await add_record(database, NATION if title == "Qø" else town.agency, title)
    seen, after = [], None
    while True:
        page = await beginning(database, town, "q", limit=2, after=after)
        seen += [record.title for record in page.records if record.title.startswith("Q") and len(record.title) < 5]
        after = page.next
        if after is None:
            break
    assert seen == ["Qa", "Qz", "Qæ", "Qø", "Qå", "Qaal"]
