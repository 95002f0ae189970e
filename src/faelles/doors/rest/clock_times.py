"""Opening hours as people write them: `10:00` or `10:00:00`. Inside, a time of day is always whole."""

from datetime import date, time
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.agencies.model import Service
from faelles.agencies.opening.model import CalendarPeriod, SetCalendarDays, SetOpeningHours, WeekdayHours
from faelles.ground.fields import ShortText

ClockText = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$(?!\n)")]
"""On the branch's own clock, with seconds or without."""


class TypedHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    weekday: Annotated[int, Meta(ge=1, le=7)]
    """1 Monday ... 7 Sunday (ISO 8601)."""
    opens: ClockText
    closes: ClockText
    """23:59 means till midnight."""

    @property
    def meant(self) -> WeekdayHours:
        return WeekdayHours(
            weekday=self.weekday, opens=time.fromisoformat(self.opens), closes=time.fromisoformat(self.closes)
        )


class TypedWeek(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole week of a service, from `first_day` on, for good or (summer hours) up to and including `last_day`."""

    service: Service
    hours: Annotated[tuple[TypedHours, ...], Meta(max_length=70)]
    first_day: date
    last_day: date | None = None

    @property
    def meant(self) -> SetOpeningHours:
        return SetOpeningHours(
            service=self.service,
            hours=tuple(hours.meant for hours in self.hours),
            first_day=self.first_day,
            last_day=self.last_day,
        )


class TypedDays(CalendarPeriod, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Closed on those days; or open, where a holiday would close, with the weekday's hours or the ones given."""

    reason: ShortText
    is_open: bool = False
    opens: ClockText | None = None
    closes: ClockText | None = None

    @property
    def meant(self) -> SetCalendarDays:
        return SetCalendarDays(
            branches=self.branches,
            first_day=self.first_day,
            last_day=self.last_day,
            service=self.service,
            reason=self.reason,
            is_open=self.is_open,
            opens=None if self.opens is None else time.fromisoformat(self.opens),
            closes=None if self.closes is None else time.fromisoformat(self.closes),
        )
