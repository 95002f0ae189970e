"""Opening hours and closing days over REST."""

from datetime import date

from litestar import Router, delete, get, put
from litestar.params import FromQuery, JSONBody

from faelles.agencies.model import Service
from faelles.agencies.opening import operations as opening
from faelles.agencies.opening.model import CalendarDay, CalendarException, CalendarPeriod, OpeningHours
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.clock_times import TypedDays, TypedWeek
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId
from faelles.people.model import Permission

_VIEW, _EDIT = Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
_THIS_BRANCH = {"branch": "{branch}"}
_A_WEEK = {"first_day": "2027-03-01", "last_day": "2027-03-07"}


@get(
    "/{branch:int}/opening-hours",
    opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH)),
    summary="A branch's weekly hours: past, present and future",
)
async def list_opening_hours(request: ApiRequest, branch: PathId) -> Page[OpeningHours]:
    """Always one page."""
    hours = await request.read(lambda tx: opening.list_opening_hours(tx, request.caller, BranchId(branch)))
    return Page(items=hours, next=None)


@put(
    "/{branch:int}/opening-hours",
    opt=guarded(
        _EDIT,
        example=Example(
            path=_THIS_BRANCH,
            body={
                "service": "staffed",
                "hours": [{"weekday": 1, "opens": "10:00", "closes": "18:00"}],
                "first_day": "2027-03-01",
            },
        ),
    ),
    summary="Set a service's whole week from a day on",
)
async def set_opening_hours(request: ApiRequest, branch: PathId, data: JSONBody[TypedWeek]) -> Page[OpeningHours]:
    """With `last_day` the week holds for that period only (summer hours), and the former one comes back after it."""
    hours = await request.run(lambda tx: opening.set_opening_hours(tx, request.caller, BranchId(branch), data.meant))
    return Page(items=hours, next=None)


@get(
    "/{branch:int}/calendar",
    opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH, query={"service": "staffed", **_A_WEEK})),
    summary="When a branch is open, day by day, all rules applied",
)
async def show_calendar(
    request: ApiRequest,
    branch: PathId,
    service: FromQuery[Service],
    first_day: FromQuery[date],
    last_day: FromQuery[date],
) -> Page[CalendarDay]:
    """At most 400 days. `reason` names the holiday, or says why the day is an exception."""
    period = (first_day, last_day)
    days = await request.read(lambda tx: opening.show_calendar(tx, request.caller, BranchId(branch), service, period))
    return Page(items=days, next=None)


@get(
    "/{branch:int}/calendar-days",
    opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH, query=_A_WEEK)),
    summary="A branch's closing days and other exceptions",
)
async def list_calendar_days(
    request: ApiRequest, branch: PathId, first_day: FromQuery[date], last_day: FromQuery[date]
) -> Page[CalendarException]:
    """At most 400 days, in one page."""
    period = (first_day, last_day)
    days = await request.read(lambda tx: opening.list_calendar_exceptions(tx, request.caller, BranchId(branch), period))
    return Page(items=days, next=None)


@delete(
    "/{branch:int}/calendar-days",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, query=_A_WEEK)),
    summary="Take back a branch's exceptions in a period",
)
async def clear_calendar_days(
    request: ApiRequest,
    branch: PathId,
    first_day: FromQuery[date],
    last_day: FromQuery[date],
    service: FromQuery[Service | None] = None,
) -> None:
    """Those of one service, or without `service` all. The weekly hours and the holidays decide again."""
    period = CalendarPeriod(branches=(BranchId(branch),), first_day=first_day, last_day=last_day, service=service)
    await request.run(lambda tx: opening.clear_calendar_days(tx, request.caller, period))


@put(
    "/",
    opt=guarded(_EDIT, example=Example(body={"branches": ["{branch}"], "reason": "Flytning", **_A_WEEK})),
    status_code=204,
    summary="Close a day or a period, or open on a holiday, at one branch or several",
)
async def set_calendar_days(request: ApiRequest, data: JSONBody[TypedDays]) -> None:
    await request.run(lambda tx: opening.set_calendar_days(tx, request.caller, data.meant))


router = Router(
    path="/",
    tags=["agencies"],
    route_handlers=[
        Router(
            path="/branches",
            route_handlers=[
                list_opening_hours,
                set_opening_hours,
                show_calendar,
                list_calendar_days,
                clear_calendar_days,
            ],
        ),
        Router(path="/calendar-days", route_handlers=[set_calendar_days]),
    ],
)
