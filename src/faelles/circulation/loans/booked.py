"""What the bookings of a copy do to a loan of it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import BookedDays
from faelles.policies.compiled import Terms
from faelles.policies.knobs import LOAN_INTO_BOOKING, LoanIntoBooking


def next_of_others(bookings: Sequence[BookedDays], today: date) -> BookedDays | None:
    """The booking of somebody else that comes next, or is under way."""
    return next((each for each in bookings if not each.is_mine and each.ends >= today), None)


def fulfilled_by(bookings: Sequence[BookedDays], today: date, due_on: date | None) -> BookedDays | None:
    """The patron's own booking that a loan from `today` to `due_on` is for: it is lent to the booking's last day."""
    if due_on is None:
        return None
    return next((each for each in bookings if each.is_mine and each.starts <= due_on and today <= each.last_day), None)


def before_booking(
    booked: BookedDays | None,
    ordinary: date | None,
    terms: Terms,
    *,
    no_later_than: Callable[[date], date | None],
    least: date,
) -> date | None:
    """The due date drawn in front of a booking, where the rules say so and a day from `least` on is left; else the
    `ordinary` one. `no_later_than` gives the due date that is not after a day.
    """
    if booked is None or ordinary is None or booked.starts > ordinary:
        return ordinary
    if terms[LOAN_INTO_BOOKING].value is LoanIntoBooking.REFUSE:
        return ordinary
    drawn_in = no_later_than(booked.starts - timedelta(days=1))
    return drawn_in if drawn_in is not None and drawn_in >= least else ordinary


def against_booking(booked: BookedDays | None, due_on: date | None, today: date, terms: Terms) -> Iterator[Block]:
    """A copy is not lent into the days that it is kept for somebody else."""
    if booked is None or due_on is None or booked.starts > due_on:
        return
    # What it is kept for already no rule lends; of what is to come the rule speaks.
    rule = terms[LOAN_INTO_BOOKING].rule_id if booked.starts > today else None
    yield block(BlockCode.BOOKED, rule, starts_on=str(booked.starts), ends_on=str(booked.ends))
