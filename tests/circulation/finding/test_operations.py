"""Finding titles that have copies here."""

import secrets

from circulation.lending_library import LendingLibrary
from faelles.circulation.finding.model import FindTitles, TitlesFound
from faelles.circulation.finding.operations import find_titles


async def found(library: LendingLibrary, words: str, **more: object) -> TitlesFound:
    asked = FindTitles(words=words, **more)
    return await library.run(lambda tx: find_titles(tx, library.librarian, asked))


async def entitled(library: LendingLibrary, item: str, title: str) -> None:
    """Give the copy's record a title that the search knows."""
    await library.run(
        lambda tx: tx.execute(
            "UPDATE record SET title = $3, words = setweight(to_tsvector('simple', $3), 'A')"
            " WHERE agency_id = $1 AND id = (SELECT record_id FROM item WHERE agency_id = $1 AND number = $2)",
            tx.agency,
            item,
            title,
        )
    )


async def test_a_title_says_where_a_copy_stands_until_it_is_lent(library: LendingLibrary):
    title = f"Zebra{secrets.token_hex(4)}"
    reader, item = await library.reader(), await library.copy()
    await entitled(library, item, title)
    (there,) = (await found(library, title)).titles
    assert (there.record.title, there.copies, there.there) == (title, 1, (library.town.main,))
    assert (await found(library, title, at_branch=library.town.main)).total == 1
    await library.lend(reader, item)
    (out,) = (await found(library, title)).titles
    assert (out.copies, out.there) == (1, ())
    assert (await found(library, title, at_branch=library.town.main)).total == 0


async def test_nothing_is_found_by_words_nobody_wrote(library: LendingLibrary):
    answer = await found(library, f"intet{secrets.token_hex(6)}")
    assert (answer.titles, answer.total, answer.is_all, answer.next_skip) == ((), 0, True, None)
