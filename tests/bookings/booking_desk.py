"""Class sets, and bookings of them."""

from datetime import date

from circulation.lending_library import LendingLibrary, Reader
from faelles.bookings.model import BookAll, Booked, NewBooking
from faelles.bookings.operations import book
from faelles.ground.ids import RecordId

FIRST, LAST = date(2027, 5, 3), date(2027, 5, 28)


async def class_set(library: LendingLibrary, size: int = 3, **columns: object) -> tuple[RecordId, list[str]]:
    """`size` copies of one title."""
    numbers = [await library.copy(**columns) for _ in range(size)]

    async def join(tx) -> RecordId:
        record = await tx.value(
            "SELECT record_id FROM item WHERE agency_id = $1 AND number = $2", tx.agency, numbers[0]
        )
        await tx.execute(
            "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = ANY ($3)", tx.agency, record, numbers
        )
        return RecordId(record)

    return await library.run(join), numbers


def wish(library: LendingLibrary, record: RecordId, **given: object) -> NewBooking:
    usual = {
        "record": record,
        "from_branch": library.town.main,
        "delivery_branch": library.town.main,
        "first_day": FIRST,
        "last_day": LAST,
        "wanted": 3,
    }
    return NewBooking(**{**usual, **given})


async def booked(library: LendingLibrary, reader: Reader, *wishes: NewBooking) -> list[Booked]:
    return await library.run(lambda tx: book(tx, library.librarian, reader.id, BookAll(bookings=wishes)))


async def one(library: LendingLibrary, reader: Reader, record: RecordId, **given: object) -> Booked:
    return (await booked(library, reader, wish(library, record, **given)))[0]
