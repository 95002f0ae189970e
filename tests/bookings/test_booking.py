"""What is booked is kept: against other bookings, loans and holds, and to the day that it is back."""

import asyncio
from datetime import date, timedelta

import pytest

from bookings.booking_desk import FIRST, LAST, booked, class_set, one, wish
from circulation.lending_library import LendingLibrary
from faelles.agencies.settings.model import BOOKINGS, SetSetting
from faelles.agencies.settings.operations import set_setting
from faelles.bookings.lending import lend_booking
from faelles.bookings.model import (
    BookAll,
    BookingOutcome,
    BookingState,
    CancelBookings,
    ChangeBooking,
    LendBooking,
)
from faelles.bookings.operations import (
    book,
    booking_information,
    cancel_bookings,
    change_booking,
    list_bookings,
    list_to_pack,
)
from faelles.circulation.loans.model import Outcome
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError
from faelles.people.model import Permission
from notices.post_office import PostOffice
from patrons_desk import signed_in


async def test_a_booking_keeps_copies_and_a_second_gets_what_is_left(library: LendingLibrary):
    record, _ = await class_set(library)
    first, second = await library.reader(), await library.reader()
    made = await one(library, first, record, wanted=2)
    assert (made.outcome, made.booking.copies, made.booking.state) == (BookingOutcome.BOOKED, 2, BookingState.BOOKED)
    rest = await one(library, second, record, wanted=3)
    assert (rest.outcome, rest.booking.copies) == (BookingOutcome.BOOKED, 1)
    assert (await one(library, second, record)).outcome is BookingOutcome.NOT_ENOUGH
    assert (await library.events()).count("booking.created") == 2


async def test_copies_are_busy_for_the_days_it_takes_to_bring_them_and_take_them_back(library: LendingLibrary):
    record, _ = await class_set(library, 1)
    reader = await library.reader()
    await one(library, reader, record)
    too_soon, in_time = LAST + timedelta(days=4), LAST + timedelta(days=5)
    after = {"last_day": LAST + timedelta(days=30)}
    assert (await one(library, reader, record, first_day=too_soon, **after)).outcome is BookingOutcome.NOT_ENOUGH
    assert (await one(library, reader, record, first_day=in_time, **after)).outcome is BookingOutcome.BOOKED


async def test_what_is_due_too_late_or_not_for_loan_is_not_booked(library: LendingLibrary):
    record, numbers = await class_set(library, 2)
    reader = await library.reader()
    await library.lend(reader, numbers[0], due_on=FIRST)
    await library.run(
        lambda tx: tx.execute(
            "UPDATE item SET not_for_loan = 'Læsesal' WHERE agency_id = $1 AND number = $2", tx.agency, numbers[1]
        )
    )
    assert (await one(library, reader, record, minimum=1)).outcome is BookingOutcome.NOT_ENOUGH
    late = {"first_day": FIRST + timedelta(days=10), "last_day": LAST + timedelta(days=10)}
    assert (await one(library, reader, record, **late)).booking.copies == 1


async def test_a_batch_is_booked_as_a_whole_or_not_at_all(library: LendingLibrary):
    (plenty, _), (scarce, _) = await class_set(library), await class_set(library, 1)
    reader = await library.reader()
    answers = await booked(library, reader, wish(library, plenty), wish(library, scarce, minimum=2))
    assert [each.outcome for each in answers] == [BookingOutcome.OTHER_REFUSED, BookingOutcome.NOT_ENOUGH]
    assert await library.run(lambda tx: list_bookings(tx, library.librarian, reader.id)) == []
    twice = await booked(library, reader, wish(library, plenty, minimum=2, wanted=2), wish(library, plenty, minimum=2))
    assert twice[1].outcome is BookingOutcome.NOT_ENOUGH


async def test_whoever_booked_is_told_what_and_when(library: LendingLibrary):
    post = PostOffice(library)
    record, _ = await class_set(library)
    reader = await post.reader()
    await one(library, reader, record, wanted=2)
    await post.send()
    [mail] = post.mail
    assert mail.subject == "Booking bekræftet"
    assert "Frøken Smillas fornemmelse for sne, 2 stk., fra 3. maj 2027 til og med 28. maj 2027" in mail.body
    later = (
        await one(library, reader, record, wanted=1, first_day=date(2027, 9, 1), last_day=date(2027, 9, 3))
    ).booking
    asked = CancelBookings(bookings=(later.id,))
    await library.run(lambda tx: cancel_bookings(tx, library.librarian, reader.id, asked))
    await post.send()
    assert len(post.mail) == 1


async def test_of_two_desks_at_once_one_gets_the_last_copy(library: LendingLibrary):
    record, _ = await class_set(library, 1)
    readers = [await library.reader() for _ in range(4)]
    answers = await asyncio.gather(*(one(library, reader, record) for reader in readers))
    assert sorted(each.outcome for each in answers) == ["booked", "not_enough", "not_enough", "not_enough"]


async def test_counted_stock_is_booked_as_a_quantity(library: LendingLibrary):
    record, _ = await class_set(library, 1)
    await library.run(
        lambda tx: tx.execute(
            "INSERT INTO stock (agency_id, record_id, placement_id, material_group_id, quantity)"
            " VALUES ($1, $2, $3, $4, 5)",
            tx.agency,
            record,
            library.town.main_shelf,
            library.materials["book_adult"],
        )
    )
    reader = await library.reader()
    made = await one(library, reader, record, wanted=4)
    assert (made.booking.copies, made.booking.stocked) == (1, 3)
    assert (await one(library, reader, record, wanted=4, minimum=3)).outcome is BookingOutcome.NOT_ENOUGH


async def test_a_change_chooses_copies_anew_and_leaves_a_booking_that_does_not_fit_as_it_was(library: LendingLibrary):
    record, _ = await class_set(library)
    reader = await library.reader()
    made = (await one(library, reader, record)).booking

    async def change(**given: object):
        asked = ChangeBooking(**given)
        return await library.run(lambda tx: change_booking(tx, library.librarian, reader.id, made.id, asked))

    assert (await change(last_day=LAST + timedelta(days=7), wanted=2)).booking.copies == 2
    assert (await change(wanted=9, minimum=9)).outcome is BookingOutcome.NOT_ENOUGH
    [kept] = await library.run(lambda tx: list_bookings(tx, library.librarian, reader.id))
    assert (kept.wanted, kept.copies, kept.last_day) == (2, 2, LAST + timedelta(days=7))


async def test_what_is_cancelled_is_free_again(library: LendingLibrary):
    record, _ = await class_set(library)
    reader = await library.reader()
    made = (await one(library, reader, record)).booking
    asked = CancelBookings(bookings=(made.id,))
    for _ in range(2):
        await library.run(lambda tx: cancel_bookings(tx, library.librarian, reader.id, asked))
    assert (await one(library, reader, record)).booking.copies == 3
    other = await library.reader()
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: cancel_bookings(tx, library.librarian, other.id, asked))


async def test_what_was_booked_is_packed_lent_to_the_last_day_and_over_when_it_is_back(library: LendingLibrary):
    record, numbers = await class_set(library, 2)
    reader = await library.reader()
    made = (await one(library, reader, record)).booking
    library.clock.turn_to(FIRST)
    packed = await library.run(lambda tx: list_to_pack(tx, library.librarian, library.town.main))
    assert [each.item_number for each in packed] == sorted(numbers)
    lending = LendBooking(branch=library.town.main)
    lent = await library.run(lambda tx: lend_booking(tx, library.librarian, library.keyring, made.id, lending))
    assert [(each.answer.outcome, each.answer.due_on) for each in lent] == [(Outcome.LENT, LAST)] * 2

    async def state() -> BookingState:
        return (await library.run(lambda tx: list_bookings(tx, library.librarian, reader.id)))[0].state

    assert await state() is BookingState.LENT
    changed = ChangeBooking(wanted=1)
    answer = await library.run(lambda tx: change_booking(tx, library.librarian, reader.id, made.id, changed))
    assert answer.outcome is BookingOutcome.NOT_CHANGEABLE
    asked = CancelBookings(bookings=(made.id,))
    with pytest.raises(ConflictError):
        await library.run(lambda tx: cancel_bookings(tx, library.librarian, reader.id, asked))
    for number in numbers:
        await library.take_back(number)
    assert await state() is BookingState.CLOSED


async def test_information_tells_what_there_is_and_what_is_taken_and_names_nobody(library: LendingLibrary):
    record, _ = await class_set(library)
    await one(library, await library.reader(), record, wanted=2)
    [told] = await library.run(lambda tx: booking_information(tx, library.librarian, record))
    assert (told.branch, told.copies) == (library.town.main, 3)
    assert [(each.first_day, each.wanted) for each in told.booked] == [(FIRST, 2)]


async def test_patrons_book_for_themselves_and_nobody_else(library: LendingLibrary):
    record, _ = await class_set(library)
    reader, other = await library.reader(), await library.reader()
    own = signed_in(library.town, reader.id)
    asked = BookAll(bookings=(wish(library, record),))
    assert (await library.run(lambda tx: book(tx, own, reader.id, asked)))[0].outcome is BookingOutcome.BOOKED
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: book(tx, own, other.id, asked))
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: list_bookings(tx, own, other.id))


async def test_strangers_to_the_division_and_branches_without_bookings_get_none(library: LendingLibrary):
    record, _ = await class_set(library)
    pupil = await library.reader(division=library.town.schools)
    assert (await one(library, pupil, record)).outcome is BookingOutcome.NOT_ALLOWED
    off = SetSetting(values=("false",))
    await library.run(lambda tx: set_setting(tx, library.librarian, library.town.library, BOOKINGS, off))
    assert (await one(library, await library.reader(), record)).outcome is BookingOutcome.NOT_ALLOWED
    schools = library.staff(frozenset({Permission.HOLD_PLACE}), library.town.schools)
    asked = BookAll(bookings=(wish(library, record),))
    with pytest.raises(ForbiddenError):
        await library.run(lambda tx: book(tx, schools, pupil.id, asked))


@pytest.mark.parametrize(
    "given",
    [
        {"last_day": FIRST - timedelta(days=1)},
        {"first_day": date(2020, 1, 1)},
        {"last_day": FIRST + timedelta(days=400)},
        {"minimum": 9},
    ],
)
async def test_a_period_that_makes_no_sense_is_refused_by_its_field(library: LendingLibrary, given):
    record, _ = await class_set(library, 1)
    with pytest.raises(InvalidRequestError) as refused:
        await one(library, await library.reader(), record, **given)
    assert refused.value.problems
