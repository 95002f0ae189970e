"""Opening hours and the days outside them: as stored, as asked for, and as shown."""

from datetime import date, time
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.agencies.model import BranchKey, Service
from faelles.ground.fields import ShortText
from faelles.ground.ids import BranchId

ClockTime = Annotated[time, Meta(tz=False)]
"""On the branch's own clock."""


class OpeningHours(msgspec.Struct, frozen=True, kw_only=True):
    """One opening on a weekday (1 Monday ... 7 Sunday), valid from `first_day` on and before `ended`."""

    branch: BranchId
    service: Service
    weekday: int
    opens: time
    closes: time
    """23:59 means till midnight."""
    first_day: date | None
    ended: date | None


class CalendarException(msgspec.Struct, frozen=True, kw_only=True):
    """A day outside the weekly pattern, for one service or (None) for all."""

    branch: BranchId
    day: date
    service: Service | None
    is_open: bool
    opens: time | None
    closes: time | None
    reason: str


class WeekdayHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    weekday: Annotated[int, Meta(ge=1, le=7)]
    """1 Monday ... 7 Sunday (ISO 8601)."""
    opens: ClockTime
    closes: ClockTime
    """23:59 means till midnight."""


class SetOpeningHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole week of a service, from `first_day` on, for good or (summer hours) up to and including `last_day`."""

    service: Service
    hours: Annotated[tuple[WeekdayHours, ...], Meta(max_length=70)]
    first_day: date
    last_day: date | None = None


class CalendarPeriod(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Some days of some branches, and one service or (None) all of them."""

    branches: Annotated[tuple[BranchKey, ...], Meta(min_length=1, max_length=200)]
    first_day: date
    last_day: date
    service: Service | None = None


class SetCalendarDays(CalendarPeriod, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closed on those days; or open, where a holiday would close, with the weekday's hours or the ones given."""

    reason: ShortText
    is_open: bool = False
    opens: ClockTime | None = None
    closes: ClockTime | None = None


class DayHours(msgspec.Struct, frozen=True, kw_only=True):
    opens: time
    closes: time


class CalendarDay(msgspec.Struct, frozen=True, kw_only=True):
    """What one service of a branch does on one day, all rules applied."""

    day: date
    is_open: bool
    hours: tuple[DayHours, ...]
    """Empty when closed, and when open at hours nobody entered."""
    reason: str | None
    """Why the day is not an ordinary one: the exception's reason or the holiday's name."""
