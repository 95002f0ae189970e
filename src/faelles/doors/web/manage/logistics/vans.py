"""Vans: the branches each calls at, weekday by weekday, in order."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.transit import rounds
from faelles.circulation.transit.model import NewVan, Round, VanStop
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.clock import read_clock
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.alphabet import by_name
from faelles.ground.database import Transaction
from faelles.ground.errors import FieldProblem, InvalidRequestError, NotFoundError
from faelles.people.model import Permission
from faelles.policies.operations import current_settings

_VIEW, _EDIT = Permission.LOGISTICS, Permission.AGENCY_EDIT
_THIS_VAN: Final = {"van": "{van}"}
_WEEKDAYS: Final = range(1, 8)
_MOST_STOPS: Final = 200
_MORE_STOPS: Final = 3
"""Empty lines below the stops of a day, for new ones."""


@get("/manage/vans", opt=guarded(_VIEW, example=Example()))
async def list_vans(request: WebRequest) -> Response[bytes]:
    return await _vans(request)


async def _vans(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    vans = await request.read(lambda tx: rounds.list_vans(tx, request.caller))
    return manage_page(request, "vans", {"vans": vans}, refused=refused)


@post("/manage/vans", opt=guarded(_EDIT, example=Example(body={"name": "Grøn bil"})), status_code=200)
async def add_van(request: WebRequest) -> Response[bytes]:
    """Its own page takes the rounds."""

    async def do() -> Response[bytes]:
        wanted = await request.typed(NewVan)
        van = await request.run(lambda tx: rounds.add_van(tx, request.caller, wanted))
        return request.go_to(f"/manage/vans/{van.id}?done=saved")

    return await sent(request, "van", do, lambda refused: _vans(request, refused))


@get("/manage/vans/{van:int}", opt=guarded(_VIEW, example=Example(path=_THIS_VAN)))
async def show_van(request: WebRequest, van: PathId) -> Response[bytes]:
    return await _van(request, van)


async def _van(request: WebRequest, van: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = next((each for each in await rounds.list_vans(tx, request.caller) if each.id == van), None)
        if found is None:
            raise NotFoundError("van_unknown")
        directory = (await current_settings(tx)).directory
        return {
            "van": found,
            "stops": {each.weekday: each.stops for each in found.rounds},
            "branches": [(each.id, each.name) for each in by_name(directory.branches.values())],
            "weekdays": _WEEKDAYS,
            "more_stops": _MORE_STOPS,
            "blank": {"branch": None, "calls_at": None},
        }

    return manage_page(request, "van", await request.read(work), refused=refused)


@post(
    "/manage/vans/{van:int}",
    opt=guarded(
        _EDIT,
        example=Example(
            path=_THIS_VAN,
            body={"name": "Grøn bil", "branch-1-0": "{branch}", "clock-1-0": "8.30", "branch-1-1": "{suburb}"},
        ),
    ),
    status_code=200,
)
async def change_van(request: WebRequest, van: PathId) -> Response[bytes]:
    """The whole week as it is to be; a stop whose branch was emptied is gone."""

    async def do() -> Response[bytes]:
        typed = {name: str(value).strip() for name, value in (await request.form()).items()}
        wanted = read_van(typed)
        await request.run(lambda tx: rounds.change_van(tx, request.caller, van, wanted))
        return request.go_to(f"/manage/vans/{van}?done=saved")

    return await sent(request, "van", do, lambda refused: _van(request, van, refused))


@post("/manage/vans/{van:int}/retired", opt=guarded(_EDIT, example=Example(path=_THIS_VAN, body={})), status_code=200)
async def retire_van(request: WebRequest, van: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        await request.run(lambda tx: rounds.retire_van(tx, request.caller, van))
        return request.go_to("/manage/vans?done=van_retired")

    return await sent(request, "van", do, lambda refused: _van(request, van, refused))


def read_van(typed: Mapping[str, str]) -> NewVan:
    """A van as it was typed: of each weekday its stops in the order of their places, or those of the weekday it is to
    be like. Raises InvalidRequestError naming every misfit.
    """
    problems: list[FieldProblem] = []
    days = {day: _stops(typed, day, problems) for day in _WEEKDAYS}
    like = {day: typed.get(f"like-{day}", "") for day in _WEEKDAYS}
    week = {day: days.get(int(like[day]), ()) if like[day].isdecimal() else days[day] for day in _WEEKDAYS}
    if problems:
        raise InvalidRequestError(problems=problems)
    made = read_as(NewVan, {"name": typed.get("name", "")})
    return msgspec.structs.replace(
        made, rounds=tuple(Round(weekday=day, stops=stops) for day, stops in week.items() if stops)
    )


def _stops(typed: Mapping[str, str], day: int, problems: list[FieldProblem]) -> tuple[VanStop, ...]:
    rows: list[tuple[int, int, VanStop]] = []
    for number in range(_MOST_STOPS):
        line = f"{day}-{number}"
        branch, clock = typed.get(f"branch-{line}", ""), typed.get(f"clock-{line}", "")
        if not branch:
            continue
        calls_at = read_clock(clock)
        if clock and calls_at is None:
            problems.append(FieldProblem(f"clock-{line}", "web_clock_malformed", {}))
            continue
        try:
            stop = read_as(VanStop, {"branch": branch, "calls_at": calls_at})
        except InvalidRequestError as refused:
            problems += [replace(each, field=f"{each.field}-{line}") for each in refused.problems]
        else:
            rows.append((_place(typed.get(f"place-{line}", "")), number, stop))
    return tuple(stop for _, _, stop in sorted(rows, key=lambda row: row[:2]))


def _place(typed: str) -> int:
    """Last, where nobody says."""
    return int(typed) if typed.isdecimal() and len(typed) <= len(str(_MOST_STOPS)) else _MOST_STOPS


router = Router(path="/", route_handlers=[add_van, change_van, list_vans, retire_van, show_van])
