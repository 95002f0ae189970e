"""What can be wrong with a request about opening hours and calendar days. Every problem is listed."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from faelles.agencies.opening.model import CalendarException, CalendarPeriod, SetCalendarDays, SetOpeningHours
from faelles.agencies.rules import day_problems
from faelles.ground.errors import FieldProblem

LONGEST_PERIOD = 400
"""Days one request may close or list."""
MOST_CALENDAR_ROWS = 20_000
"""Days times branches: a summer for every branch of the largest municipality."""


def opening_hours_problems(request: SetOpeningHours) -> list[FieldProblem]:
    problems = day_problems("first_day", request.first_day)
    if request.last_day is not None:
        problems += day_problems("last_day", request.last_day)
        if request.last_day < request.first_day:
            problems.append(FieldProblem("last_day", "period_reversed", {}))
    problems += [
        FieldProblem(f"hours.{number}", "closes_before_opens", {})
        for number, hours in enumerate(request.hours)
        if hours.closes <= hours.opens
    ]
    return problems + list(_overlaps(request))


def _overlaps(request: SetOpeningHours) -> Iterator[FieldProblem]:
    numbered = sorted(enumerate(request.hours), key=lambda entry: (entry[1].weekday, entry[1].opens))
    for (_, earlier), (number, later) in pairwise(numbered):
        if earlier.weekday == later.weekday and later.opens < earlier.closes:
            yield FieldProblem(f"hours.{number}", "hours_overlap", {})


def period_problems(period: CalendarPeriod) -> list[FieldProblem]:
    problems = day_problems("first_day", period.first_day) + day_problems("last_day", period.last_day)
    days = (period.last_day - period.first_day).days + 1
    if days < 1:
        problems.append(FieldProblem("last_day", "period_reversed", {}))
    elif days > LONGEST_PERIOD or days * len(period.branches) > MOST_CALENDAR_ROWS:
        problems.append(FieldProblem("last_day", "period_too_long", {"days": LONGEST_PERIOD}))
    return problems


def calendar_problems(request: SetCalendarDays) -> list[FieldProblem]:
    problems = period_problems(request)
    if (request.opens is None) != (request.closes is None):
        problems.append(FieldProblem("closes", "hours_incomplete", {}))
    elif request.opens is not None and request.closes is not None:
        if not request.is_open:
            problems.append(FieldProblem("opens", "hours_when_closed", {}))
        if request.closes <= request.opens:
            problems.append(FieldProblem("closes", "closes_before_opens", {}))
    return problems


def drafted_exceptions(request: SetCalendarDays) -> list[CalendarException]:
    """The exceptions that the request would make, by branch and day."""
    days = [request.first_day + timedelta(days=day) for day in range((request.last_day - request.first_day).days + 1)]
    return [
        CalendarException(
            branch=branch,
            day=day,
            service=request.service,
            is_open=request.is_open,
            opens=request.opens,
            closes=request.closes,
            reason=request.reason,
        )
        for branch in dict.fromkeys(request.branches)
        for day in days
    ]
