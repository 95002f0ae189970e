"""The facts told about opening hours and calendar days. `subject` is the id of the branch."""

from datetime import date

from faelles.agencies.opening.model import CalendarPeriod, SetOpeningHours
from faelles.ground.events import Event
from faelles.ground.ids import BranchId


def opening_hours_set(branch: BranchId, request: SetOpeningHours) -> Event:
    return Event(
        kind="opening_hours_set",
        subject=branch,
        dimensions={"service": request.service.value, **_period(request.first_day, request.last_day)},
    )


def calendar_days_set(branch: BranchId, period: CalendarPeriod, *, is_open: bool) -> Event:
    return Event(
        kind="calendar_days_set", subject=branch, dimensions={"is_open": is_open, **_calendar_dimensions(period)}
    )


def calendar_days_cleared(branch: BranchId, period: CalendarPeriod) -> Event:
    return Event(kind="calendar_days_cleared", subject=branch, dimensions=_calendar_dimensions(period))


def _calendar_dimensions(period: CalendarPeriod) -> dict[str, str | None]:
    service = None if period.service is None else period.service.value
    return {"service": service, **_period(period.first_day, period.last_day)}


def _period(first_day: date, last_day: date | None) -> dict[str, str | None]:
    return {"first_day": first_day.isoformat(), "last_day": None if last_day is None else last_day.isoformat()}
