"""When is a branch open? One compiled, immutable calendar per branch and service; every question is a pure function.

In this order: closed for good; an exception for the day; a public holiday or a customary closing day; the weekly
hours. A calendar without any weekly hours is open every day that none of the others closes: a branch whose hours
nobody entered must not stop the desk from giving a due date.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from types import MappingProxyType

from faelles.agencies import holiday_calendar

SEARCHED_DAYS = 400
"""How far an open day is looked for: past a closed summer, past a year of rebuilding."""
_MOST_ASKED = 2_000
"""Days that a calendar remembers its answers about."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Open from `opens` until `closes`, on the branch's own clock."""

    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """An opening on `weekday` (1 Monday ... 7 Sunday), from `first_day` on and before `ended`; None where open."""

    weekday: int
    interval: Interval
    first_day: date | None = None
    ended: date | None = None

    def applies_on(self, day: date) -> bool:
        return (
            self.weekday == day.isoweekday()
            and (self.first_day is None or self.first_day <= day)
            and (self.ended is None or day < self.ended)
        )


@dataclass(frozen=True, slots=True)
class ExceptionalDay:
    """Closed, or open after all: in `interval` or, without one, as on any such weekday."""

    is_open: bool
    interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When one service of one branch is open. Days are those of the branch's own time zone."""

    weekly: tuple[WeeklyHours, ...] = ()
    exceptions: Mapping[date, ExceptionalDay] = field(default_factory=lambda: MappingProxyType({}))
    holiday_calendar: str | None = None
    """Whose public holidays close it; None where none do (a book drop)."""
    keeps_customs: bool = False
    """Whether it also closes on the days libraries close by custom (staffed hours do)."""
    closed_from: date | None = None
    _asked: dict[date, bool] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Days that were asked about: due dates fall on few."""

    def is_open_on(self, day: date) -> bool:
        known = self._asked.get(day)
        if known is None:
            known = self._asked[day] = self._opens_on(day)
            if len(self._asked) > _MOST_ASKED:
                self._asked.clear()
        return known

    def _opens_on(self, day: date) -> bool:
        if self.closed_from is not None and day >= self.closed_from:
            return False
        exception = self.exceptions.get(day)
        if exception is not None:
            return exception.is_open
        if self.holiday_on(day) is not None:
            return False
        return not self.weekly or any(hours.applies_on(day) for hours in self.weekly)

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        """When it is open on `day`, earliest first; empty when closed, and when open at hours nobody entered."""
        if not self.is_open_on(day):
            return ()
        exception = self.exceptions.get(day)
        if exception is not None and exception.interval is not None:
            return (exception.interval,)
        return tuple(sorted(hours.interval for hours in self.weekly if hours.applies_on(day)))

    def next_open_day(self, day: date, latest: date | None = None) -> date | None:
        """The first open day on or after `day`, or None where there is none by `latest` or within SEARCHED_DAYS."""
        for distance in range(SEARCHED_DAYS):
            candidate = day + timedelta(days=distance)
            if latest is not None and candidate > latest:
                return None
            if self.is_open_on(candidate):
                return candidate
        return None

    def holiday_on(self, day: date) -> str | None:
        """The name of the public holiday or customary closing day that `day` is for this calendar."""
        code = self.holiday_calendar
        if code is None:
            return None
        name = holiday_calendar.public_holidays(code, day.year).get(day)
        if name is None and self.keeps_customs:
            return holiday_calendar.customary_closing_days(code, day.year).get(day)
        return name
