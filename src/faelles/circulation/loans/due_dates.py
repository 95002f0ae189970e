"""When is it due? Pure: terms and a calendar in, a day out."""

from datetime import date, timedelta

from faelles.agencies.calendar import Calendar
from faelles.ground.fields import is_plausible
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    DUE_ROLLOVER,
    FIXED_DUE_DATE,
    FIXED_DUE_MODE,
    LOAN_DAYS,
    DueRollover,
    FixedDueMode,
)


def due_date(counted_from: date, terms: Terms, calendar: Calendar, not_after: date | None = None) -> date | None:
    """The day a loan whose period starts on `counted_from` is due, or None where the rules give none: then no loan
    is made.

    A due date never falls on a closed day, unless the rule says so. With `not_after` (a lender's own due date, the
    end of a membership) it moves back instead of on.
    """
    day = _wished(counted_from, terms, calendar)
    if not is_plausible(day):
        return None
    if not_after is not None and day > not_after:
        return last_open_day(counted_from, not_after, calendar)
    if terms[DUE_ROLLOVER].value is DueRollover.NONE:
        return day
    return calendar.next_open_day(day, latest=not_after) or last_open_day(counted_from, day, calendar)


def _wished(counted_from: date, terms: Terms, calendar: Calendar) -> date:
    """The period's end before closed days are looked at, with a fixed due date while that lies ahead."""
    period = _period_end(counted_from, terms, calendar)
    fixed = terms[FIXED_DUE_DATE].value
    if fixed is None or fixed <= counted_from:
        return period
    mode = terms[FIXED_DUE_MODE].value
    if mode is FixedDueMode.EXACTLY:
        return fixed
    return min(period, fixed) if mode is FixedDueMode.NOT_AFTER else max(period, fixed)


def _period_end(counted_from: date, terms: Terms, calendar: Calendar) -> date:
    days = terms[LOAN_DAYS].value
    if terms[DUE_ROLLOVER].value is not DueRollover.COUNT_OPEN_DAYS:
        return counted_from + timedelta(days=days)
    day = counted_from
    for _ in range(days):
        day = calendar.next_open_day(day + timedelta(days=1)) or day + timedelta(days=1)
    return day


def shortened(due_on: date, counted_from: date, days: int, *, terms: Terms, calendar: Calendar) -> date:
    """The due date of a loan of `days` in place of one that would be due on `due_on`, where that is later."""
    day = counted_from + timedelta(days=days)
    moved = (
        day if terms[DUE_ROLLOVER].value is DueRollover.NONE else calendar.next_open_day(day, latest=due_on) or due_on
    )
    return min(due_on, moved)


def last_open_day(first: date, last: date, calendar: Calendar) -> date | None:
    """The last open day from `first` to `last`; `last` itself where all are closed, None where it lies before."""
    for distance in range((last - first).days + 1):
        candidate = last - timedelta(days=distance)
        if calendar.is_open_on(candidate):
            return candidate
    return last if last >= first else None
