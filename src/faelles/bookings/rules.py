"""Which days a booked copy is busy, and which bookings make sense. Pure."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from msgspec import UNSET

from faelles.agencies.calendar import Calendar
from faelles.bookings.model import Booking, ChangeBooking, NewBooking
from faelles.ground.errors import FieldProblem
from faelles.ground.fields import is_plausible

FURTHEST_AHEAD: Final = timedelta(days=3 * 366)


def booking_problems(wish: NewBooking, today: date, longest_days: int) -> Iterator[FieldProblem]:
    if not (is_plausible(wish.first_day) and is_plausible(wish.last_day)):
        yield FieldProblem("first_day", "date_not_plausible", {})
    elif wish.last_day < wish.first_day:
        yield FieldProblem("last_day", "period_ends_before_it_starts", {})
    elif wish.first_day < today:
        yield FieldProblem("first_day", "period_is_past", {})
    elif wish.first_day > today + FURTHEST_AHEAD:
        yield FieldProblem("first_day", "date_not_plausible", {})
    elif (wish.last_day - wish.first_day).days >= longest_days:
        yield FieldProblem("last_day", "booking_too_long", {"days": longest_days})
    if wish.minimum > wish.wanted:
        yield FieldProblem("minimum", "booking_minimum_above_wanted", {})


def busy_days(wish: NewBooking, buffer_days: int, calendar: Calendar) -> tuple[date, date]:
    """The first and the last day on which a copy can serve nobody else: what is due on a closed day comes back on the
    next open one, and it takes `buffer_days` to bring it and to take it back.
    """
    last_open = calendar.next_open_day(wish.last_day, latest=wish.last_day + timedelta(days=30)) or wish.last_day
    return wish.first_day - timedelta(days=buffer_days), last_open + timedelta(days=buffer_days)


def changed(known: Booking, change: ChangeBooking) -> NewBooking:
    """The booking as a wish, with what the change names in its place."""
    kept = {
        "record": known.record,
        "from_branch": known.from_branch,
        "patron_group": known.patron_group,
        **{name: getattr(known, name) for name in ChangeBooking.__struct_fields__},
    }
    given = {name: getattr(change, name) for name in ChangeBooking.__struct_fields__}
    return NewBooking(**{**kept, **{name: value for name, value in given.items() if value is not UNSET}})


def split(wanted: int, copies: int, stocked: int) -> tuple[int, int]:
    """How many of the free numbered copies and of the free counted stock to take; numbered ones first."""
    numbered = min(wanted, copies)
    return numbered, min(wanted - numbered, stocked)


def first_of(stock: Sequence[tuple[int, int]], wanted: int) -> list[tuple[int, int]]:
    """Quantities of counted stock that make `wanted` together, from the first on."""
    taken: list[tuple[int, int]] = []
    for each, free in stock:
        left = wanted - sum(quantity for _, quantity in taken)
        if left > 0:
            taken.append((each, min(left, free)))
    return taken
