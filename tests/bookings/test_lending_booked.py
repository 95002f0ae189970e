"""What is booked is lent to whoever booked it; others get it for as long as it is free, and no longer."""

import asyncio
from datetime import date, timedelta

import pytest

from bookings.booking_desk import FIRST, LAST, class_set, one
from circulation.holds.wishing import match_all, state_of, waits
from circulation.lending_library import LendingLibrary
from faelles.bookings.keeping import fulfil_from_events
from faelles.bookings.model import BookingOutcome, BookingState, CancelBookings
from faelles.bookings.operations import cancel_bookings, list_bookings
from faelles.circulation.desk.blocks import BlockCode
from faelles.circulation.loans.model import Outcome, Remark
from faelles.circulation.loans.offline import record_offline
from faelles.circulation.loans.offline_model import Happened, OfflineEntry
from faelles.people.model import Permission
from faelles.policies.knobs import LOAN_DAYS, LOAN_INTO_BOOKING, MAX_RENEWALS, LoanIntoBooking
from faelles.simulation.store import until_readable

BUSY_FROM = FIRST - timedelta(days=2)
"""With the days that it takes to bring it."""
LAST_FREE = date(2027, 4, 30)
"""A Friday; 1 May is a holiday of the library's."""


async def read_events(library: LendingLibrary) -> int:
    await until_readable(library.database)
    found = 0
    while (done := await library.run(fulfil_from_events))[0]:
        found += done[1]
    return found


async def test_what_is_booked_from_today_is_lent_to_nobody_else(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    library.clock.turn_to(BUSY_FROM)
    refused = await library.lend(other, number)
    assert refused.outcome is Outcome.REFUSED
    [block] = refused.blocks
    assert (block.code, block.override, block.rule) == (BlockCode.BOOKED, Permission.OVERRIDE_HOLD, None)
    assert block.parameters["starts_on"] == str(BUSY_FROM)
    anyway = await library.lend(other, number, overrides=frozenset({BlockCode.BOOKED}), reason="Læreren har ringet")
    assert anyway.outcome is Outcome.LENT
    assert await library.overrides_of(anyway.loan) == [("booked", "Læreren har ringet")]


async def test_a_loan_before_a_booking_is_due_before_it(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    library.clock.turn_to(FIRST - timedelta(days=10))
    lent = await library.lend(other, number)
    assert (lent.outcome, lent.due_on) == (Outcome.LENT, LAST_FREE)
    assert Remark.SHORTENED_FOR_BOOKING in lent.warnings


async def test_a_loan_that_ends_before_the_booking_is_as_long_as_any(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    lent = await library.lend(other, number)
    assert (lent.outcome, Remark.SHORTENED_FOR_BOOKING in lent.warnings) == (Outcome.LENT, False)
    assert lent.due_on == (await library.lend(other, await library.copy())).due_on


async def test_a_rule_refuses_loans_that_would_reach_into_a_booking(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    await library.set_rule(LOAN_INTO_BOOKING, LoanIntoBooking.REFUSE)
    library.clock.turn_to(FIRST - timedelta(days=10))
    [block] = (await library.lend(other, number)).blocks
    assert (block.code, block.rule is not None) == (BlockCode.BOOKED, True)
    library.clock.turn_to(FIRST - timedelta(days=60))
    assert (await library.lend(other, number)).outcome is Outcome.LENT


async def test_a_day_that_the_desk_chose_is_not_moved_but_refused(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    assert [each.code for each in (await library.lend(other, number, due_on=FIRST)).blocks] == [BlockCode.BOOKED]


async def test_whoever_booked_it_has_it_to_the_last_day_and_the_booking_is_lent(library: LendingLibrary):
    record, numbers = await class_set(library, 2)
    teacher = await library.reader()
    await one(library, teacher, record, wanted=2)
    library.clock.turn_to(FIRST)
    lent = [await library.lend(teacher, number) for number in numbers]
    assert [(each.outcome, each.due_on) for each in lent] == [(Outcome.LENT, LAST)] * 2
    assert Remark.BOOKING_COLLECTED in lent[0].warnings
    assert await read_events(library) == 2
    assert await read_events(library) == 0
    [known] = await library.run(lambda tx: list_bookings(tx, library.librarian, teacher.id))
    assert (known.state, known.loans) == (BookingState.LENT, tuple(sorted(each.loan for each in lent)))
    assert (await library.events()).count("booking.lent") == 1
    for number in numbers:
        await library.take_back(number)
    [known] = await library.run(lambda tx: list_bookings(tx, library.librarian, teacher.id))
    assert known.state is BookingState.CLOSED


async def test_a_loan_to_somebody_else_fulfils_nothing(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    library.clock.turn_to(FIRST)
    await library.lend(other, number, overrides=frozenset({BlockCode.BOOKED}), reason="x")
    assert await read_events(library) == 0


async def test_a_renewal_stops_before_a_booking_and_is_refused_where_no_day_is_left(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    await library.set_rule(MAX_RENEWALS, 10)
    library.clock.turn_to(date(2027, 3, 22))
    lent = await library.lend(other, number)
    assert (await one(library, teacher, record, wanted=1)).outcome is BookingOutcome.BOOKED
    library.clock.turn_to(date(2027, 4, 16))
    [renewed] = await library.renew(lent.loan)
    assert (renewed.outcome, renewed.due_on) == (Outcome.RENEWED, LAST_FREE)
    library.clock.turn_to(date(2027, 4, 28))
    [refused] = await library.renew(lent.loan)
    assert [each.code for each in refused.blocks] == [BlockCode.BOOKED]
    [anyway] = await library.renew(lent.loan, overrides=frozenset({BlockCode.BOOKED}), reason="Aftalt")
    assert anyway.outcome is Outcome.RENEWED
    assert anyway.due_on is not None
    assert anyway.due_on > FIRST


async def test_a_renewal_that_was_told_into_a_booking_holds_and_is_listed(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    library.clock.turn_to(date(2027, 3, 22))
    lent = await library.lend(other, number)
    assert (await one(library, teacher, record, wanted=1)).outcome is BookingOutcome.BOOKED
    library.clock.turn_to(date(2027, 4, 16))
    told = OfflineEntry(
        what=Happened.RENEWAL,
        item=number,
        branch=library.town.main,
        happened_at=library.clock.now,
        card=other.card,
        due_on=FIRST + timedelta(days=1),
    )
    answer = await library.run(lambda tx: record_offline(tx, library.librarian, library.keyring, told))
    assert (answer.outcome, answer.loan) == (Outcome.RENEWED, lent.loan)
    assert [each.code for each in answer.conflicts] == [BlockCode.BOOKED]


async def test_what_was_given_up_is_lent_as_before(library: LendingLibrary):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    made = (await one(library, teacher, record, wanted=1)).booking
    asked = CancelBookings(bookings=(made.id,))
    await library.run(lambda tx: cancel_bookings(tx, library.librarian, teacher.id, asked))
    library.clock.turn_to(FIRST)
    assert (await library.lend(other, number)).outcome is Outcome.LENT


@pytest.mark.parametrize("_round", range(3))
async def test_of_a_desk_that_lends_and_one_that_books_at_once_one_gets_the_copy(library: LendingLibrary, _round: int):
    record, [number] = await class_set(library, 1)
    teacher, other = await library.reader(), await library.reader()
    soon = {"first_day": date(2027, 3, 3), "last_day": date(2027, 3, 5)}
    await library.set_rule(LOAN_DAYS, 30)
    lent, made = await asyncio.gather(library.lend(other, number), one(library, teacher, record, wanted=1, **soon))
    assert (lent.outcome is Outcome.LENT) != (made.outcome is BookingOutcome.BOOKED)


async def wished_and_returned(library: LendingLibrary, days_before: int) -> str:
    """The state of a hold after the one copy, booked so many days later, came back."""
    record, [number] = await class_set(library, 1)
    teacher, borrower = await library.reader(), await library.reader()
    await one(library, teacher, record, wanted=1)
    library.clock.turn_to(FIRST - timedelta(days=days_before))
    await library.lend(borrower, number, overrides=frozenset({BlockCode.BOOKED}), reason="x")
    hold = await waits(library, record)
    await library.take_back(number)
    await match_all(library)
    return (await state_of(library, hold))[0]


@pytest.mark.parametrize(("days_before", "state"), [(5, "pending"), (20, "ready")])
async def test_what_is_booked_within_a_week_fills_no_hold(library: LendingLibrary, days_before: int, state: str):
    assert await wished_and_returned(library, days_before) == state
