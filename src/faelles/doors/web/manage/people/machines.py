"""Machines: how they are doing, and one with its secret, its place and whether it is let in."""

from typing import Final

import msgspec
from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web import sheet
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import MachineId
from faelles.people.machines import operations as machines
from faelles.people.machines.model import Machine, MachineChange, MachineSecret, NewMachine
from faelles.people.model import MachineKind, Permission, Place
from faelles.people.terminals import operations as terminals

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_MACHINE: Final = {"machine": "{machine}"}


class MachineForm(msgspec.Struct, frozen=True, kw_only=True):
    """A tick that is not set is not sent."""

    name: ShortText
    branch: Id
    language: Language
    renews_on_checkout: bool = False


class NewMachineForm(MachineForm, frozen=True, kw_only=True):
    username: str
    kind: MachineKind


class AbleForm(msgspec.Struct, frozen=True, kw_only=True):
    is_disabled: bool


@get("/manage/machines", opt=guarded(_VIEW, example=Example()))
async def list_machines(request: WebRequest) -> Response[bytes]:
    return await _list(request)


async def _list(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller = request.caller
        branches = await agencies.list_branches(tx, caller, limit=MOST_LISTED)
        statuses = await terminals.list_statuses(tx, caller, limit=MOST_LISTED)
        return {
            "machines": await machines.list_machines(tx, caller, limit=MOST_LISTED),
            "status": {each.machine: each for each in statuses},
            "branches": branches,
            "branch_names": {each.id: each.name for each in branches},
            "all_down": await terminals.is_in_maintenance(tx, caller),
            "may_stop_all": caller.may(_EDIT) and caller.divisions(_EDIT) is None,
            "kinds": list(MachineKind),
            "now": tx.now,
        }

    return manage_page(request, "machines", await request.read(work), refused=refused)


@get("/manage/machines.csv", opt=guarded(_VIEW, example=Example()))
async def machines_as_sheet(request: WebRequest) -> Response[bytes]:
    statuses = await request.read(lambda tx: terminals.list_statuses(tx, request.caller, limit=MOST_LISTED))
    headings = ["web_name", "web_username", "web_kind", "web_connected_since", "web_last_seen", "web_is_disabled"]
    rows = [
        (each.name, each.username, each.kind, each.connected_since, each.last_seen_at, each.is_disabled)
        for each in statuses
    ]
    return sheet.sheet(request, "machines", headings, rows)


@post(
    "/manage/machines",
    opt=guarded(
        _EDIT,
        example=Example(
            body={"username": "ny-1", "kind": "sorter", "name": "Sortering", "branch": "{branch}", "language": "da"}
        ),
    ),
    status_code=200,
)
async def create_machine(request: WebRequest) -> Response[bytes]:
    """Its secret is on the page that answers, and nowhere else."""

    async def do() -> Response[bytes]:
        form = await request.typed(NewMachineForm)
        new = read_as(NewMachine, msgspec.structs.asdict(form))
        made = await request.run(lambda tx: machines.create_machine(tx, request.caller, new))
        return await _one(request, made.id, secret=made)

    return await sent(request, "machine", do, lambda refused: _list(request, refused))


@get("/manage/machines/{machine:int}", opt=guarded(_VIEW, example=Example(path=_THIS_MACHINE)))
async def show_machine(request: WebRequest, machine: PathId) -> Response[bytes]:
    return await _one(request, machine)


async def _one(
    request: WebRequest, machine: int, *, secret: MachineSecret | None = None, refused: Refusal = NOTHING_REFUSED
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await find(tx, request, machine)
        branches = await agencies.list_branches(tx, request.caller, limit=MOST_LISTED)
        return {
            "machine": found,
            "status": await terminals.show_status(tx, request.caller, MachineId(machine)),
            "branches": branches,
            "may_edit": _EDIT in request.caller.permissions_at(Place(found.division, found.branch)),
            "secret": secret,
            "now": tx.now,
        }

    return manage_page(request, "machine", await request.read(work), refused=refused)


async def find(tx: Transaction, request: WebRequest, machine: int) -> Machine:
    """Raises NotFoundError."""
    found = await machines.list_machines(tx, request.caller, after=machine - 1, limit=1)
    if not found or found[0].id != machine:
        raise NotFoundError("machine_not_found")
    return found[0]


@post(
    "/manage/machines/{machine:int}",
    opt=guarded(
        _EDIT, example=Example(path=_THIS_MACHINE, body={"name": "Automat", "branch": "{branch}", "language": "da"})
    ),
    status_code=200,
)
async def change_machine(request: WebRequest, machine: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(MachineForm)
        change = MachineChange(
            name=form.name, branch=form.branch, language=form.language, renews_on_checkout=form.renews_on_checkout
        )
        await request.run(lambda tx: machines.change_machine(tx, request.caller, MachineId(machine), change))
        return request.go_to(f"/manage/machines/{machine}?done=saved")

    return await sent(request, "machine", do, lambda refused: _one(request, machine, refused=refused))


@post(
    "/manage/machines/{machine:int}/able",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={"is_disabled": "true"})),
    status_code=200,
)
async def disable_machine(request: WebRequest, machine: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(AbleForm)
        change = MachineChange(is_disabled=form.is_disabled)
        await request.run(lambda tx: machines.change_machine(tx, request.caller, MachineId(machine), change))
        return request.go_to(f"/manage/machines/{machine}?done={'disabled' if form.is_disabled else 'enabled'}")

    return await sent(request, "able", do, lambda refused: _one(request, machine, refused=refused))


@post(
    "/manage/machines/{machine:int}/secret",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={})),
    status_code=200,
)
async def replace_secret(request: WebRequest, machine: PathId) -> Response[bytes]:
    """The old one, and every session, ends at once; the new one is on the page that answers, and nowhere else."""

    async def do() -> Response[bytes]:
        made = await request.run(lambda tx: machines.replace_machine_secret(tx, request.caller, MachineId(machine)))
        return await _one(request, machine, secret=made)

    return await sent(request, "secret", do, lambda refused: _one(request, machine, refused=refused))


router = Router(
    path="/",
    route_handlers=[
        change_machine,
        create_machine,
        disable_machine,
        list_machines,
        machines_as_sheet,
        replace_secret,
        show_machine,
    ],
)
