from datetime import date, time

import pytest

from faelles.agencies.model import Service
from faelles.agencies.opening import rules
from faelles.agencies.opening.model import CalendarPeriod, SetCalendarDays, SetOpeningHours, WeekdayHours
from faelles.ground.errors import FieldProblem
from faelles.ground.ids import BranchId

NEW_YEAR = date(2027, 1, 1)
BRANCH = (BranchId(1),)


def hours(weekday: int, opens: int, closes: int) -> WeekdayHours:
    return WeekdayHours(weekday=weekday, opens=time(opens), closes=time(closes))


def week(*openings: WeekdayHours, first: date = NEW_YEAR, last: date | None = None) -> SetOpeningHours:
    return SetOpeningHours(service=Service.STAFFED, hours=openings, first_day=first, last_day=last)


def told(problems: list[FieldProblem]) -> list[tuple[str, str]]:
    return [(problem.field, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (week(hours(1, 10, 12), hours(1, 12, 14), hours(2, 10, 14)), []),
        (week(), []),
        (week(hours(1, 12, 14), hours(1, 10, 13)), [("hours.0", "hours_overlap")]),
        (week(hours(1, 10, 18), hours(1, 10, 18)), [("hours.1", "hours_overlap")]),
        (week(hours(1, 18, 10)), [("hours.0", "closes_before_opens")]),
        (week(hours(1, 10, 10)), [("hours.0", "closes_before_opens")]),
        (week(last=date(2026, 12, 31)), [("last_day", "period_reversed")]),
        (week(first=date(9999, 12, 31)), [("first_day", "day_implausible")]),
    ],
)
def test_a_week_is_refused_for_everything_wrong_with_it(request_: SetOpeningHours, expected: list[tuple[str, str]]):
    assert told(rules.opening_hours_problems(request_)) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (date(2027, 1, 1), []),
        (date(2028, 2, 4), []),
        (date(2028, 2, 5), [("last_day", "period_too_long")]),
        (date(2026, 12, 31), [("last_day", "period_reversed")]),
        (date(9999, 12, 31), [("last_day", "day_implausible"), ("last_day", "period_too_long")]),
    ],
)
def test_a_period_has_an_end_in_sight(last: date, expected: list[tuple[str, str]]):
    assert told(rules.period_problems(CalendarPeriod(branches=BRANCH, first_day=NEW_YEAR, last_day=last))) == expected


@pytest.mark.parametrize(
    ("is_open", "opens", "closes", "expected"),
    [
        (True, None, None, []),
        (True, time(12), time(15), []),
        (True, time(15), time(12), [("closes", "closes_before_opens")]),
        (True, time(12), None, [("closes", "hours_incomplete")]),
        (False, time(12), time(15), [("opens", "hours_when_closed")]),
    ],
)
def test_only_an_open_day_has_hours(
    is_open: bool,  # noqa: FBT001 - a table's column
    opens: time | None,
    closes: time | None,
    expected: list[tuple[str, str]],
):
    request = SetCalendarDays(
        branches=BRANCH,
        first_day=NEW_YEAR,
        last_day=NEW_YEAR,
        reason="Åbent hus",
        is_open=is_open,
        opens=opens,
        closes=closes,
    )
    assert told(rules.calendar_problems(request)) == expected
