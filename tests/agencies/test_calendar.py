from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faelles.agencies.calendar import SEARCHED_DAYS, Calendar, ExceptionalDay, Interval, WeeklyHours

DESK = Interval(time(10), time(18))
WEEKDAYS = tuple(WeeklyHours(weekday, DESK) for weekday in range(1, 6))
LIBRARY = Calendar(weekly=WEEKDAYS, holiday_calendar="DK", keeps_customs=True)

days = st.dates(date(2015, 1, 1), date(2035, 12, 31))
intervals = (
    st.tuples(st.times(), st.times())
    .filter(lambda pair: pair[0] < pair[1])
    .map(lambda pair: Interval(pair[0], pair[1]))
)
weekly = st.lists(
    st.builds(
        WeeklyHours,
        weekday=st.integers(1, 7),
        interval=intervals,
        first_day=st.none() | days,
        ended=st.none() | days,
    ),
    max_size=8,
).map(tuple)
exceptions = st.dictionaries(days, st.builds(ExceptionalDay, is_open=st.booleans(), interval=st.none()), max_size=10)
calendars = st.builds(
    Calendar,
    weekly=weekly,
    exceptions=exceptions,
    holiday_calendar=st.sampled_from([None, "DK", "DE-SH", "GL", "FO", "IS"]),
    keeps_customs=st.booleans(),
    closed_from=st.none() | days,
)


@settings(deadline=None)
@given(calendar=calendars, day=days)
def test_the_next_open_day_is_the_first_open_one(calendar: Calendar, day: date):
    found = calendar.next_open_day(day)
    searched = [day + timedelta(days=number) for number in range(SEARCHED_DAYS)]
    assert found == next((candidate for candidate in searched if calendar.is_open_on(candidate)), None)


@settings(deadline=None)
@given(calendar=calendars, day=days, patience=st.integers(0, 30))
def test_an_open_day_is_never_given_after_the_latest(calendar: Calendar, day: date, patience: int):
    latest = day + timedelta(days=patience)
    found = calendar.next_open_day(day, latest)
    assert found is None or found <= latest
    if found is None:
        assert not any(calendar.is_open_on(day + timedelta(days=number)) for number in range(patience + 1))


@settings(deadline=None)
@given(calendar=calendars, day=days)
def test_it_closes_only_on_days_it_is_open(calendar: Calendar, day: date):
    if not calendar.is_open_on(day):
        assert calendar.intervals_on(day) == ()


@settings(deadline=None)
@given(calendar=calendars, day=days)
def test_an_exception_decides_whatever_the_week_says(calendar: Calendar, day: date):
    if day in calendar.exceptions and (calendar.closed_from is None or day < calendar.closed_from):
        assert calendar.is_open_on(day) is calendar.exceptions[day].is_open


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 21), "Saturday"),
        (date(2026, 12, 25), "Christmas Day is a Friday"),
        (date(2026, 4, 2), "Maundy Thursday"),
        (date(2026, 5, 14), "Ascension Day"),
        (date(2026, 6, 5), "Constitution Day, by custom"),
        (date(2026, 12, 24), "Christmas Eve, by custom"),
        (date(2026, 12, 31), "New Year's Eve, by custom"),
        (date(2023, 5, 5), "Great Prayer Day, a holiday for the last time"),
    ],
)
def test_a_danish_library_is_closed(day: date, why: str):
    assert not LIBRARY.is_open_on(day), why


def test_the_holiday_abolished_in_2024_is_an_ordinary_friday():
    assert LIBRARY.is_open_on(date(2024, 4, 26))


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("DE-SH", date(2025, 10, 31)),
        ("FO", date(2026, 7, 29)),
        ("GL", date(2026, 5, 1)),
        ("IS", date(2026, 6, 17)),
    ],
)
def test_every_country_keeps_its_own_holidays(code: str, day: date):
    assert not Calendar(weekly=WEEKDAYS, holiday_calendar=code).is_open_on(day)
    assert LIBRARY.is_open_on(day)


def test_a_due_date_in_the_christmas_week_moves_past_it():
    assert LIBRARY.next_open_day(date(2026, 12, 24)) == date(2026, 12, 28)


def test_self_service_keeps_the_public_holidays_but_not_the_staffs_customs():
    unstaffed = Calendar(weekly=WEEKDAYS, holiday_calendar="DK")
    assert unstaffed.is_open_on(date(2026, 6, 5))
    assert not unstaffed.is_open_on(date(2026, 12, 25))


def test_a_branch_can_open_on_a_holiday_with_hours_of_that_day():
    second_of_easter = date(2026, 4, 6)
    opened = ExceptionalDay(is_open=True, interval=Interval(time(12), time(15)))
    calendar = Calendar(weekly=WEEKDAYS, holiday_calendar="DK", exceptions={second_of_easter: opened})
    assert calendar.intervals_on(second_of_easter) == (opened.interval,)


def test_a_branch_opened_without_hours_keeps_those_of_the_weekday():
    friday = date(2026, 12, 25)
    calendar = Calendar(weekly=WEEKDAYS, holiday_calendar="DK", exceptions={friday: ExceptionalDay(is_open=True)})
    assert calendar.intervals_on(friday) == (DESK,)


def test_the_openings_of_a_day_come_in_the_order_of_the_clock():
    evening = WeeklyHours(1, Interval(time(19), time(21)))
    monday = date(2026, 11, 23)
    assert Calendar(weekly=(evening, *WEEKDAYS)).intervals_on(monday) == (DESK, evening.interval)


def test_hours_count_from_their_first_day_until_they_end():
    summer = tuple(WeeklyHours(weekday, DESK, date(2026, 6, 29), date(2026, 8, 10)) for weekday in range(1, 8))
    calendar = Calendar(weekly=summer)
    assert [calendar.is_open_on(day) for day in (date(2026, 6, 28), date(2026, 6, 29), date(2026, 8, 9))] == [
        False,
        True,
        True,
    ]
    assert calendar.next_open_day(date(2026, 8, 10)) is None


def test_without_any_hours_every_day_counts_as_open_but_holidays():
    calendar = Calendar(holiday_calendar="DK")
    assert calendar.is_open_on(date(2026, 11, 22))
    assert not calendar.is_open_on(date(2026, 12, 25))
    assert calendar.intervals_on(date(2026, 11, 22)) == ()


def test_a_branch_closed_for_good_has_no_open_day():
    assert Calendar(weekly=WEEKDAYS, closed_from=date(2026, 1, 1)).next_open_day(date(2026, 1, 1)) is None
