"""Programs of others that use our interfaces: what each may do, its secret, and whether it is let in."""

from typing import Final

import msgspec
from litestar import Response, Router, get, post

from faelles.agencies import operations as agencies
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.manage.people.permissions import AREAS
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import ClientId
from faelles.people.machines import operations as machines
from faelles.people.machines.model import WEB_SITE, Client, ClientChange, ClientSecret, NewClient, OwnName
from faelles.people.model import Permission

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT
_THIS_CLIENT: Final = {"api_client": "{client}"}


class ClientForm(msgspec.Struct, frozen=True, kw_only=True):
    name: ShortText
    permissions: frozenset[Permission] = frozenset()


class NewClientForm(ClientForm, frozen=True, kw_only=True):
    username: OwnName
    division: Id | None = None


class AbleForm(msgspec.Struct, frozen=True, kw_only=True):
    is_disabled: bool


@get("/manage/clients", opt=guarded(_VIEW, example=Example()))
async def list_clients(request: WebRequest) -> Response[bytes]:
    clients = await request.read(lambda tx: machines.list_clients(tx, request.caller, limit=MOST_LISTED))
    return manage_page(request, "clients", {"clients": clients})


@get("/manage/clients/new", opt=guarded(_EDIT, example=Example()))
async def new_client(request: WebRequest) -> Response[bytes]:
    return await _form(request, None, ticked=frozenset(WEB_SITE))


@get("/manage/clients/{api_client:int}", opt=guarded(_VIEW, example=Example(path=_THIS_CLIENT)))
async def show_client(request: WebRequest, api_client: PathId) -> Response[bytes]:
    return await _form(request, api_client)


async def _form(
    request: WebRequest,
    client: int | None,
    *,
    ticked: frozenset[str] | None = None,
    secret: ClientSecret | None = None,
    refused: Refusal = NOTHING_REFUSED,
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller = request.caller
        found = None if client is None else await _find(tx, request, client)
        return {
            "client": found,
            "areas": AREAS,
            "ticked": ticked if ticked is not None else frozenset(found.permissions if found else ()),
            "divisions": await agencies.list_divisions(tx, caller) if caller.may(Permission.AGENCY_VIEW) else [],
            "secret": secret,
        }

    return manage_page(request, "client", await request.read(work), refused=refused)


async def _find(tx: Transaction, request: WebRequest, client: int) -> Client:
    found = await machines.list_clients(tx, request.caller, after=client - 1, limit=1)
    if not found or found[0].id != client:
        raise NotFoundError("client_not_found")
    return found[0]


async def _ticked(request: WebRequest) -> frozenset[str]:
    return frozenset(str(each) for each in (await request.form()).getall("permissions", []))


@post(
    "/manage/clients/new",
    opt=guarded(_EDIT, example=Example(body={"username": "web-2", "name": "Web", "permissions": "catalog_view"})),
    status_code=200,
)
async def create_client(request: WebRequest) -> Response[bytes]:
    """Its secret is on the page that answers, and nowhere else."""
    ticked = await _ticked(request)

    async def do() -> Response[bytes]:
        form = await request.typed(NewClientForm)
        new = read_as(NewClient, msgspec.structs.asdict(form))
        made = await request.run(lambda tx: machines.create_client(tx, request.caller, new))
        return await _form(request, made.id, secret=made)

    return await sent(request, "client", do, lambda refused: _form(request, None, ticked=ticked, refused=refused))


@post(
    "/manage/clients/{api_client:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_CLIENT, body={"name": "App", "permissions": "catalog_view"})),
    status_code=200,
)
async def change_client(request: WebRequest, api_client: PathId) -> Response[bytes]:
    ticked = await _ticked(request)

    async def do() -> Response[bytes]:
        form = await request.typed(ClientForm)
        change = ClientChange(name=form.name, permissions=form.permissions)
        await request.run(lambda tx: machines.change_client(tx, request.caller, ClientId(api_client), change))
        return request.go_to(f"/manage/clients/{api_client}?done=saved")

    return await sent(request, "client", do, lambda refused: _form(request, api_client, ticked=ticked, refused=refused))


@post(
    "/manage/clients/{api_client:int}/able",
    opt=guarded(_EDIT, example=Example(path=_THIS_CLIENT, body={"is_disabled": "true"})),
    status_code=200,
)
async def disable_client(request: WebRequest, api_client: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(AbleForm)
        change = ClientChange(is_disabled=form.is_disabled)
        await request.run(lambda tx: machines.change_client(tx, request.caller, ClientId(api_client), change))
        return request.go_to(f"/manage/clients/{api_client}?done={'disabled' if form.is_disabled else 'enabled'}")

    return await sent(request, "able", do, lambda refused: _form(request, api_client, refused=refused))


@post(
    "/manage/clients/{api_client:int}/secret",
    opt=guarded(_EDIT, example=Example(path=_THIS_CLIENT, body={})),
    status_code=200,
)
async def replace_secret(request: WebRequest, api_client: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        made = await request.run(lambda tx: machines.replace_client_secret(tx, request.caller, ClientId(api_client)))
        return await _form(request, api_client, secret=made)

    return await sent(request, "secret", do, lambda refused: _form(request, api_client, refused=refused))


router = Router(
    path="/",
    route_handlers=[
        change_client,
        create_client,
        disable_client,
        list_clients,
        new_client,
        replace_secret,
        show_client,
    ],
)
