"""Closing days, at one branch or several: what they would move is counted before they are saved."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.agencies.holiday_calendar import customary_closing_days, public_holidays
from faelles.agencies.model import Branch, BranchKey, Service
from faelles.agencies.opening import operations as opening
from faelles.agencies.opening.model import CalendarException, SetCalendarDays
from faelles.circulation.consequences.model import ClosingForeseen
from faelles.circulation.consequences.operations import close_days, foresee_closing
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import QueryId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.request import WebRequest
from faelles.ground.alphabet import by_name
from faelles.ground.clock import local_date
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.fields import Id, ShortText
from faelles.people.model import Caller, Permission, Place

_EDIT: Final = Permission.AGENCY_EDIT
_AHEAD: Final = timedelta(days=365)


class ClosingForm(msgspec.Struct, frozen=True, kw_only=True):
    """`service` empty: all of them. `do`: only count, or save. `divisions`: every branch of theirs."""

    branches: Annotated[tuple[BranchKey, ...], msgspec.Meta(max_length=200)] = ()
    divisions: Annotated[tuple[Id, ...], msgspec.Meta(max_length=50)] = ()
    first_day: date
    last_day: date | None = None
    service: Service | None = None
    reason: ShortText
    do: Annotated[str, msgspec.Meta(pattern="^(try|save)$")] = "try"

    def days(self, branches: Sequence[Branch]) -> SetCalendarDays:
        """`branches`: those to choose from. Raises InvalidRequestError where none is chosen."""
        chosen = [each.id for each in branches if each.division in self.divisions and each.id not in self.branches]
        if not chosen and not self.branches:
            raise invalid_field("branches", "web_choose_a_branch")
        return SetCalendarDays(
            branches=(*self.branches, *chosen),
            first_day=self.first_day,
            last_day=self.last_day or self.first_day,
            service=self.service,
            reason=self.reason,
        )


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """Exceptions of one branch that follow each other for the same reason."""

    branch: int
    first_day: date
    last_day: date
    reason: str
    is_open: bool
    service: Service | None


@get("/manage/closings", opt=guarded(_EDIT, example=Example(query={"branch": "{branch}"})))
async def show_closings(request: WebRequest, branch: QueryId = None) -> Response[bytes]:
    return await _closings(request, chosen={branch} if branch else set())


async def _closings(
    request: WebRequest,
    *,
    chosen: set[int],
    divisions: AbstractSet[int] = frozenset(),
    foreseen: ClosingForeseen | None = None,
    typed: dict[str, str] | None = None,
    refused: Refusal = NOTHING_REFUSED,
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller = request.caller
        agency = await agencies.show_agency(tx, caller)
        found = await agencies.list_branches(tx, caller, limit=MOST_LISTED)
        mine = _in_reach(caller, found)
        today = local_date(tx.now, agency.time_zone)
        last_day = today + _AHEAD
        planned = [
            each
            for branch in mine
            for each in runs(await opening.list_calendar_exceptions(tx, caller, branch.id, (today, last_day)))
        ]
        return {
            "branches": by_name(mine),
            "divisions": [
                (division, len(within))
                for division in await agencies.list_divisions(tx, caller)
                if len(within := [each for each in mine if each.division == division.id]) > 1
            ],
            "whole": divisions,
            "names": {each.id: each.name for each in found},
            "planned": sorted(planned, key=lambda each: (each.first_day, each.branch)),
            "holidays": _holidays(agency.holiday_calendar, today, last_day),
            "today": today,
            "chosen": chosen,
            "foreseen": foreseen,
            "typed": typed or {},
        }

    return manage_page(request, "closings", await request.read(work), refused=refused)


def _in_reach(caller: Caller, branches: Sequence[Branch]) -> list[Branch]:
    return [each for each in branches if _EDIT in caller.permissions_at(Place(each.division, each.id))]


def _holidays(calendar: str, first_day: date, last_day: date) -> list[tuple[date, str]]:
    """The days on which the agency's libraries are closed without anybody saying so."""
    days = {
        day: name
        for year in range(first_day.year, last_day.year + 1)
        for kept in (public_holidays, customary_closing_days)
        for day, name in kept(calendar, year).items()
        if first_day <= day <= last_day
    }
    return sorted(days.items())


def runs(exceptions: list[CalendarException]) -> list[Planned]:
    """Day by day exceptions as periods. Pure."""
    found: list[Planned] = []
    for each in sorted(exceptions, key=lambda one: (one.service or "", one.reason, one.day)):
        last = found[-1] if found else None
        goes_on = (
            last is not None
            and (last.reason, last.service, last.is_open) == (each.reason, each.service, each.is_open)
            and last.last_day + timedelta(days=1) == each.day
        )
        if last is not None and goes_on:
            found[-1] = msgspec.structs.replace(last, last_day=each.day)
        else:
            found.append(
                Planned(
                    branch=each.branch,
                    first_day=each.day,
                    last_day=each.day,
                    reason=each.reason,
                    is_open=each.is_open,
                    service=each.service,
                )
            )
    return found


@post(
    "/manage/closings",
    opt=guarded(
        _EDIT,
        example=Example(
            body={
                "branches": "{branch}",
                "first_day": "2027-06-01",
                "last_day": "2027-06-02",
                "reason": "Flytning",
                "do": "save",
            }
        ),
    ),
    status_code=200,
)
async def set_closing(request: WebRequest) -> Response[bytes]:
    """Count what would move, or save: by the button that was pressed."""
    typed = await request.form()
    chosen, divisions = (
        {int(str(each)) for each in typed.getall(name, []) if str(each).isdecimal()}
        for name in ("branches", "divisions")
    )

    async def do() -> Response[bytes]:
        form = await request.typed(ClosingForm)
        if form.do == "save":
            await request.run(lambda tx: _save(tx, request.caller, form))
            return request.go_to("/manage/closings?done=closing_set")
        foreseen = await request.run(lambda tx: _foresee(tx, request.caller, form))
        kept = {name: str(value) for name, value in typed.items()}
        return await _closings(request, chosen=chosen, divisions=divisions, foreseen=foreseen, typed=kept)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _closings(request, chosen=chosen, divisions=divisions, refused=refused)

    return await sent(request, "closing", do, again)


async def _foresee(tx: Transaction, caller: Caller, form: ClosingForm) -> ClosingForeseen:
    return await foresee_closing(tx, caller, await _days(tx, caller, form))


async def _save(tx: Transaction, caller: Caller, form: ClosingForm) -> None:
    await close_days(tx, caller, await _days(tx, caller, form))


async def _days(tx: Transaction, caller: Caller, form: ClosingForm) -> SetCalendarDays:
    return form.days(_in_reach(caller, await agencies.list_branches(tx, caller, limit=MOST_LISTED)))


router = Router(path="/", route_handlers=[set_closing, show_closings])
