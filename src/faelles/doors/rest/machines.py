"""Machines and API clients over REST."""

from litestar import Router, get, patch, post
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import ClientId, MachineId
from faelles.people.machines import operations as machines
from faelles.people.machines.model import (
    Client,
    ClientChange,
    ClientSecret,
    Machine,
    MachineChange,
    MachineSecret,
    NewClient,
    NewMachine,
)
from faelles.people.model import Permission

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_MACHINE = {"machine": "{machine}"}
_THIS_CLIENT = {"api_client": "{client}"}


# -- Machines


@get("/", opt=guarded(_VIEW, example=Example()), summary="The agency's machines")
async def list_machines(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Machine]:
    cursor = read_cursor(after, int) or 0
    found = await request.read(lambda tx: machines.list_machines(tx, request.caller, after=cursor, limit=limit))
    return page(found, limit, key=lambda machine: machine.id)


@post(
    "/",
    opt=guarded(
        _EDIT,
        example=Example(body={"username": "ny-1", "kind": "sorter", "name": "Sorteringen", "branch": "{branch}"}),
    ),
    summary="Register a self-check, sorter, door or reader",
)
async def create_machine(request: ApiRequest, data: JSONBody[NewMachine]) -> MachineSecret:
    """The secret is in this answer and nowhere else."""
    return await request.run(lambda tx: machines.create_machine(tx, request.caller, data))


@patch(
    "/{machine:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE, body={"branch": "{suburb}"})),
    status_code=204,
    summary="Rename, move, disable or enable a machine",
)
async def change_machine(request: ApiRequest, machine: PathId, data: JSONBody[MachineChange]) -> None:
    """Moving or disabling it ends its sessions."""
    await request.run(lambda tx: machines.change_machine(tx, request.caller, MachineId(machine), data))


@post(
    "/{machine:int}/secret",
    opt=guarded(_EDIT, example=Example(path=_THIS_MACHINE)),
    summary="Give a machine a new secret",
)
async def replace_machine_secret(request: ApiRequest, machine: PathId) -> MachineSecret:
    """The old one, and every session, ends at once."""
    return await request.run(lambda tx: machines.replace_machine_secret(tx, request.caller, MachineId(machine)))


# -- API clients


@get("/", opt=guarded(_VIEW, example=Example()), summary="The agency's API clients")
async def list_clients(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Client]:
    cursor = read_cursor(after, int) or 0
    found = await request.read(lambda tx: machines.list_clients(tx, request.caller, after=cursor, limit=limit))
    return page(found, limit, key=lambda client: client.id)


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"username": "web", "name": "Web", "permissions": ["catalog_view"]})),
    summary="Register an API client",
)
async def create_client(request: ApiRequest, data: JSONBody[NewClient]) -> ClientSecret:
    """The secret is in this answer and nowhere else."""
    return await request.run(lambda tx: machines.create_client(tx, request.caller, data))


@patch(
    "/{api_client:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_CLIENT, body={"is_disabled": True})),
    status_code=204,
    summary="Rename, change, disable or enable an API client",
)
async def change_client(request: ApiRequest, api_client: PathId, data: JSONBody[ClientChange]) -> None:
    await request.run(lambda tx: machines.change_client(tx, request.caller, ClientId(api_client), data))


@post(
    "/{api_client:int}/secret",
    opt=guarded(_EDIT, example=Example(path=_THIS_CLIENT)),
    summary="Give an API client a new secret",
)
async def replace_client_secret(request: ApiRequest, api_client: PathId) -> ClientSecret:
    """The old one, and every session, ends at once."""
    return await request.run(lambda tx: machines.replace_client_secret(tx, request.caller, ClientId(api_client)))


router = Router(
    path="/",
    tags=["machines"],
    route_handlers=[
        Router(
            path="/machines",
            route_handlers=[list_machines, create_machine, change_machine, replace_machine_secret],
        ),
        Router(path="/clients", route_handlers=[list_clients, create_client, change_client, replace_client_secret]),
    ],
)
