"""How a machine is spoken to, and what it says: its profile, maintenance, and the trace of its messages."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import QueryParameter
from msgspec import Meta

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import PAGE, manage_page
from faelles.doors.web.manage.people.machines import find
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import HIGHEST_ID, ShortText
from faelles.ground.ids import MachineId
from faelles.people.machines.terminal import (
    Bin,
    CurrencyCode,
    DueDateForm,
    Encoding,
    Extension,
    Line,
    PersonalField,
    PinRule,
)
from faelles.people.model import Permission, Place
from faelles.people.terminals import operations as terminals
from faelles.people.terminals.model import (
    LONGEST_TRACE_HOURS,
    TRACE_HOURS,
    Maintenance,
    ProfileChange,
    ProfileShown,
    StartTrace,
)

Position = Annotated[int, QueryParameter(ge=0, le=HIGHEST_ID)]

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_MACHINE: Final = {"machine": "{machine}"}


class ProfileForm(msgspec.Struct, frozen=True, kw_only=True):
    """What staff set: a tick that is not set is not sent, an empty field leaves it to the program."""

    encoding: Encoding
    due_date: DueDateForm
    institution: ShortText | None = None
    echoes_institution: bool = False
    currency: CurrencyCode | None = None
    shows_currency: bool = False
    pin: PinRule | None = None
    renews: bool = False
    personal: frozenset[PersonalField] = frozenset()
    extensions: frozenset[Extension] = frozenset()
    welcome: Line | None = None
    library_name: Line | None = None
    prints: bool = False
    screen_width: Annotated[int, Meta(ge=10, le=255)] | None = None
    default_bin: Bin | None = None
    fulfils_holds: bool = False
    takes_back_unlent: bool = False
    in_maintenance: bool = False


class TraceForm(msgspec.Struct, frozen=True, kw_only=True):
    hours: Annotated[int, Meta(ge=1, le=LONGEST_TRACE_HOURS)] = TRACE_HOURS


@get("/manage/machines/{machine:int}/profile", opt=guarded(_VIEW, example=Example(path=_THIS_MACHINE)))
async def show_profile(request: WebRequest, machine: PathId) -> Response[bytes]:
    return await _profile(request, machine)


async def _profile(
    request: WebRequest, machine: int, refused: Refusal = NOTHING_REFUSED, ticked: frozenset[str] | None = None
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await find(tx, request, machine)
        profile = await terminals.show_profile(tx, request.caller, MachineId(machine))
        return {
            "machine": found,
            "profile": profile,
            "ticked": _ticks(profile) if ticked is None else ticked,
            "encodings": list(Encoding),
            "due_dates": list(DueDateForm),
            "pins": list(PinRule),
            "fields": list(PersonalField),
            "extensions": list(Extension),
            "may_edit": _EDIT in request.caller.permissions_at(Place(found.division, found.branch)),
        }

    return manage_page(request, "profile", await request.read(work), refused=refused)


def _ticks(profile: ProfileShown) -> frozenset[str]:
    return frozenset(each.value for each in (*profile.personal, *profile.extensions))


@post(
    "/manage/machines/{machine:int}/profile",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={"encoding": "utf-8", "due_date": "danish"})),
    status_code=200,
)
async def change_profile(request: WebRequest, machine: PathId) -> Response[bytes]:
    """The machine hears of it within a minute."""
    typed = await request.form()
    ticked = frozenset(str(each) for name in ("personal", "extensions") for each in typed.getall(name, []))

    async def do() -> Response[bytes]:
        form = await request.typed(ProfileForm)
        change = ProfileChange(**msgspec.structs.asdict(form))
        await request.run(lambda tx: terminals.change_profile(tx, request.caller, MachineId(machine), change))
        return request.go_to(f"/manage/machines/{machine}/profile?done=saved")

    return await sent(request, "profile", do, lambda refused: _profile(request, machine, refused, ticked))


@get("/manage/machines/{machine:int}/trace", opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE)))
async def show_trace(request: WebRequest, machine: PathId, after: Position = 0) -> Response[bytes]:
    """What the machine says and hears: secrets and people are asterisks."""

    async def work(tx: Transaction) -> dict[str, object]:
        lines = await terminals.read_trace(tx, request.caller, MachineId(machine), after=after, limit=PAGE)
        return {
            "machine": await find(tx, request, machine),
            "status": await terminals.show_status(tx, request.caller, MachineId(machine)),
            "lines": lines,
            "more": lines[-1].id if len(lines) == PAGE else None,
            "hours": TRACE_HOURS,
            "longest": LONGEST_TRACE_HOURS,
        }

    return manage_page(request, "trace", await request.run(work))


@post(
    "/manage/machines/{machine:int}/trace",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={"hours": 4})),
)
async def start_trace(request: WebRequest, machine: PathId) -> Response[bytes]:
    wanted = StartTrace(hours=(await request.typed(TraceForm)).hours)
    await request.run(lambda tx: terminals.start_trace(tx, request.caller, MachineId(machine), wanted))
    return request.go_to(f"/manage/machines/{machine}/trace?done=trace_started")


@post(
    "/manage/machines/{machine:int}/trace/stopped",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={})),
)
async def stop_trace(request: WebRequest, machine: PathId) -> Response[bytes]:
    """And forget what was kept."""
    await request.run(lambda tx: terminals.stop_trace(tx, request.caller, MachineId(machine)))
    return request.go_to(f"/manage/machines/{machine}/trace?done=trace_stopped")


@post("/manage/maintenance", opt=guarded(_EDIT, example=Example(body={"is_on": "false"})))
async def set_maintenance(request: WebRequest) -> Response[bytes]:
    """All machines are told that the library is off line, or on line again."""
    wanted = await request.typed(Maintenance)
    await request.run(lambda tx: terminals.set_maintenance(tx, request.caller, is_on=wanted.is_on))
    return request.go_to("/manage/machines?done=saved")


router = Router(
    path="/",
    route_handlers=[change_profile, set_maintenance, show_profile, show_trace, start_trace, stop_trace],
)
