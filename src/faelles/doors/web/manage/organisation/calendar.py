"""When a branch is open: the month as it comes out, the week of each service, and how the week is set."""

from calendar import monthrange
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery, QueryParameter

from faelles.agencies import operations as agencies
from faelles.agencies.model import Service
from faelles.agencies.opening import operations as opening
from faelles.agencies.opening.model import CalendarDay, CalendarPeriod, OpeningHours, SetOpeningHours
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.manage.organisation.week import read_week, typed_week
from faelles.doors.web.request import WebRequest
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.fields import EARLIEST_DAY
from faelles.ground.ids import BranchId
from faelles.people.model import Permission, Place

Month = Annotated[str, QueryParameter(pattern=r"^(20[0-9]{2}-(0[1-9]|1[0-2]))?$", max_length=7)]
"""`2026-12`; empty: this one."""

_VIEW, _EDIT = Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
_THIS_BRANCH: Final = {"branch": "{branch}"}
DayLine = Annotated[str, msgspec.Meta(max_length=100)]


class WeekForm(msgspec.Struct, frozen=True, kw_only=True):
    """A line a day (week.py); a day left empty is closed. `last_day` empty: for good."""

    service: Service
    first_day: date
    last_day: date | None = None
    day_1: DayLine = ""
    day_2: DayLine = ""
    day_3: DayLine = ""
    day_4: DayLine = ""
    day_5: DayLine = ""
    day_6: DayLine = ""
    day_7: DayLine = ""


class ClearForm(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    month: str = ""


class ServiceWeek(msgspec.Struct, frozen=True, kw_only=True):
    """The hours of one service over one period, by weekday."""

    service: Service
    first_day: date | None
    last_day: date | None
    is_past: bool
    days: dict[int, list[OpeningHours]]


@get("/manage/branches/{branch:int}/hours", opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH)))
async def show_hours(
    request: WebRequest, branch: PathId, month: Month = "", service: FromQuery[Service] = Service.STAFFED
) -> Response[bytes]:
    """`service`: whose week stands in the form."""
    return await _hours(request, branch, month, service=service)


async def _hours(
    request: WebRequest,
    branch: int,
    month: str = "",
    refused: Refusal = NOTHING_REFUSED,
    *,
    service: Service = Service.STAFFED,
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller, number = request.caller, BranchId(branch)
        found = await agencies.show_branch(tx, caller, number)
        agency = await agencies.show_agency(tx, caller)
        today = local_date(tx.now, agency.time_zone)
        hours = await opening.list_opening_hours(tx, caller, number)
        weeks = weeks_of(hours, today)
        first, last = _bounds(month or f"{today:%Y-%m}")
        calendars = {each: await opening.show_calendar(tx, caller, number, each, (first, last)) for each in Service}
        exceptions = await opening.list_calendar_exceptions(tx, caller, number, (first, last))
        return {
            "branch": found,
            "today": today,
            "first": first,
            "earlier": f"{first - timedelta(days=1):%Y-%m}",
            "later": f"{last + timedelta(days=1):%Y-%m}",
            "weeks": weeks,
            "service": service.value,
            "current": _typed_week(weeks, service),
            "services": [each for each in Service if each is Service.STAFFED or _has(hours, each)],
            "grid": _grid(calendars),
            "exceptions": {each.day for each in exceptions},
            "may_edit": _EDIT in caller.permissions_at(Place(found.division, found.id)),
        }

    return manage_page(request, "hours", await request.read(work), refused=refused)


def _has(hours: list[OpeningHours], service: Service) -> bool:
    return any(each.service is service for each in hours)


def _bounds(month: str) -> tuple[date, date]:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, 1), date(year, number, monthrange(year, number)[1])


def _grid(calendars: dict[Service, list[CalendarDay]]) -> list[list[tuple[date, dict[Service, CalendarDay]] | None]]:
    """The month by weeks, Monday first; None before its first day and after its last."""
    days = [(each.day, number) for number, each in enumerate(calendars[Service.STAFFED])]
    cells: list[tuple[date, dict[Service, CalendarDay]] | None] = [None] * (days[0][0].isoweekday() - 1)
    cells += [(day, {service: found[number] for service, found in calendars.items()}) for day, number in days]
    cells += [None] * (-len(cells) % 7)
    return [cells[start : start + 7] for start in range(0, len(cells), 7)]


def weeks_of(hours: list[OpeningHours], today: date) -> list[ServiceWeek]:
    """The weeks of each service, those that hold or are to come first. Pure."""

    def period(each: OpeningHours) -> tuple[str, date, date]:
        return each.service.value, each.first_day or date.min, each.ended or date.max

    weeks = []
    for _, group in groupby(sorted(hours, key=period), key=period):
        listed = list(group)
        first = listed[0]
        weeks.append(
            ServiceWeek(
                service=first.service,
                first_day=None if first.first_day == EARLIEST_DAY else first.first_day,
                last_day=None if first.ended is None else first.ended - timedelta(days=1),
                is_past=first.ended is not None and first.ended <= today,
                days={day: [each for each in listed if each.weekday == day] for day in range(1, 8)},
            )
        )
    return sorted(weeks, key=lambda week: week.is_past)


def _typed_week(weeks: list[ServiceWeek], service: Service) -> dict[str, str]:
    """The week that holds for good, as the form has it."""
    week = next((each for each in weeks if each.service is service and each.last_day is None), None)
    return {} if week is None else typed_week(week.days)


@post(
    "/manage/branches/{branch:int}/hours",
    opt=guarded(
        _EDIT,
        example=Example(
            path=_THIS_BRANCH,
            body={"service": "staffed", "first_day": "2027-03-01", "day_1": "10-12, 14-18"},
        ),
    ),
    status_code=200,
)
async def set_hours(request: WebRequest, branch: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(WeekForm)
        week = SetOpeningHours(
            service=form.service,
            hours=read_week(msgspec.structs.asdict(form)),
            first_day=form.first_day,
            last_day=form.last_day,
        )
        await request.run(lambda tx: opening.set_opening_hours(tx, request.caller, BranchId(branch), week))
        return request.go_to(f"/manage/branches/{branch}/hours?done=hours_set")

    return await sent(request, "week", do, lambda refused: _hours(request, branch, "", refused))


@post(
    "/manage/branches/{branch:int}/hours/cleared",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, body={"day": "2027-03-01"})),
    status_code=200,
)
async def clear_day(request: WebRequest, branch: PathId) -> Response[bytes]:
    """The weekly hours and the holidays decide over the day again."""

    async def do() -> Response[bytes]:
        form = await request.typed(ClearForm)
        period = CalendarPeriod(branches=(BranchId(branch),), first_day=form.day, last_day=form.day)
        await request.run(lambda tx: opening.clear_calendar_days(tx, request.caller, period))
        return request.go_to(f"/manage/branches/{branch}/hours?month={form.day:%Y-%m}&done=day_cleared")

    return await sent(request, "clear", do, lambda refused: _hours(request, branch, "", refused))


router = Router(path="/", route_handlers=[clear_day, set_hours, show_hours])
