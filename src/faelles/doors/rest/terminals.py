"""SIP2 machines over REST: how each is spoken to, how it is doing, and the trace of one that does not.

Registering a machine, its secret and taking it out of service are in machines.py, for machines of every door.
"""

from datetime import datetime

import msgspec
from litestar import Router, delete, get, patch, put
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import MachineId
from faelles.people.model import Permission
from faelles.people.terminals import operations as terminals
from faelles.people.terminals.model import (
    Maintenance,
    ProfileChange,
    ProfileShown,
    StartTrace,
    TerminalStatus,
    TraceLine,
)

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_MACHINE = {"machine": "{machine}"}


class TraceStarted(msgspec.Struct, frozen=True):
    """When it stops by itself, and what it has kept is forgotten."""

    until: datetime


@get(
    "/{machine:int}/profile",
    opt=guarded(_VIEW, example=Example(path=_THIS_MACHINE)),
    summary="How a machine is spoken to over SIP2",
)
async def show_profile(request: ApiRequest, machine: PathId) -> ProfileShown:
    """Every setting, whether chosen or the program's own."""
    return await request.read(lambda tx: terminals.show_profile(tx, request.caller, MachineId(machine)))


@patch(
    "/{machine:int}/profile",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={"encoding": "cp850", "pin": None})),
    summary="Change how a machine is spoken to over SIP2",
)
async def change_profile(request: ApiRequest, machine: PathId, data: JSONBody[ProfileChange]) -> ProfileShown:
    """What is left out stays as it is; null chooses what the program chooses. The machine is spoken to in the new way
    within a minute, on the connection it has.
    """
    return await request.run(lambda tx: terminals.change_profile(tx, request.caller, MachineId(machine), data))


@get("/status", opt=guarded(_VIEW, example=Example()), summary="How the agency's machines are doing")
async def list_statuses(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[TerminalStatus]:
    """As their server told some ten seconds ago at most, with their message counts."""
    cursor = read_cursor(after, int) or 0
    found = await request.read(lambda tx: terminals.list_statuses(tx, request.caller, after=cursor, limit=limit))
    return page(found, limit, key=lambda status: status.machine)


@get(
    "/{machine:int}/status",
    opt=guarded(_VIEW, example=Example(path=_THIS_MACHINE)),
    summary="How a machine is doing, with its message counts",
)
async def show_status(request: ApiRequest, machine: PathId) -> TerminalStatus:
    return await request.read(lambda tx: terminals.show_status(tx, request.caller, MachineId(machine)))


@get("/maintenance", opt=guarded(_VIEW, example=Example()), summary="Are the agency's machines off line?")
async def show_maintenance(request: ApiRequest) -> Maintenance:
    return Maintenance(await request.read(lambda tx: terminals.is_in_maintenance(tx, request.caller)))


@put(
    "/maintenance",
    opt=guarded(_EDIT, example=Example(body={"is_on": True})),
    status_code=204,
    summary="Tell all machines of the agency that the library is off line, or on line again",
)
async def set_maintenance(request: ApiRequest, data: JSONBody[Maintenance]) -> None:
    """They hear it within a minute, each as the answer to its next message. One machine alone is taken off line by
    `in_maintenance` in its profile. The operator, signed in at the nation, tells all machines in the country.
    """
    await request.run(lambda tx: terminals.set_maintenance(tx, request.caller, is_on=data.is_on))


@put(
    "/{machine:int}/trace",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={"hours": 1})),
    summary="Keep what a machine says and hears, for some hours",
)
async def start_trace(request: ApiRequest, machine: PathId, data: JSONBody[StartTrace]) -> TraceStarted:
    """Begins within some ten seconds. Secrets, cards, names and addresses are hidden before a message is kept."""
    return TraceStarted(
        await request.run(lambda tx: terminals.start_trace(tx, request.caller, MachineId(machine), data))
    )


@delete(
    "/{machine:int}/trace",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE)),
    summary="Stop tracing a machine and forget what was kept",
)
async def stop_trace(request: ApiRequest, machine: PathId) -> None:
    await request.run(lambda tx: terminals.stop_trace(tx, request.caller, MachineId(machine)))


@get(
    "/{machine:int}/trace",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE)),
    summary="What a traced machine has said and heard, oldest first",
)
async def read_trace(request: ApiRequest, machine: PathId, limit: Limit = 50, after: After = None) -> Page[TraceLine]:
    """Empty for a machine that is not traced."""
    cursor, number = read_cursor(after, int) or 0, MachineId(machine)
    found = await request.run(lambda tx: terminals.read_trace(tx, request.caller, number, after=cursor, limit=limit))
    return page(found, limit, key=lambda line: line.id)


router = Router(
    path="/machines",
    tags=["machines"],
    route_handlers=[
        show_profile,
        change_profile,
        list_statuses,
        show_status,
        show_maintenance,
        set_maintenance,
        start_trace,
        stop_trace,
        read_trace,
    ],
)
