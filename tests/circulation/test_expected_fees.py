"""What returning everything now would cost, and that asking costs nothing."""

from circulation.lending_library import LendingLibrary
from faelles.circulation.expected.operations import expected_fees


async def test_what_is_expected_is_what_the_return_then_costs(library: LendingLibrary):
    reader = await library.reader()
    books = [await library.copy() for _ in range(2)]
    for book in books:
        await library.lend(reader, book)
    assert await library.run(lambda tx: expected_fees(tx, library.librarian, reader.id)) == []
    library.clock.pass_days(40)
    expected = await library.run(lambda tx: expected_fees(tx, library.librarian, reader.id))
    assert len(expected) == 1
    assert len(expected[0].loans) == 2
    assert expected[0].amount_ore > 0
    assert await library.owed(reader) == 0
    for book in books:
        await library.take_back(book)
    assert await library.owed(reader) == expected[0].amount_ore
    assert await library.run(lambda tx: expected_fees(tx, library.librarian, reader.id)) == []
