"""Roles: what each allows, as a list of permissions to tick."""

from typing import Final

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathCode
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.manage.people.permissions import AREAS
from faelles.doors.web.request import WebRequest
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Code, ShortText
from faelles.people.model import Permission
from faelles.people.staff import operations as staff
from faelles.people.staff.model import NewRole, RoleChange

_VIEW, _EDIT = Permission.PEOPLE_VIEW, Permission.PEOPLE_EDIT


class RoleForm(msgspec.Struct, frozen=True, kw_only=True):
    name: ShortText
    permissions: frozenset[Permission] = frozenset()
    needs_one_time: bool = False


class NewRoleForm(RoleForm, frozen=True, kw_only=True):
    code: Code


@get("/manage/roles", opt=guarded(_VIEW, example=Example()))
async def list_roles(request: WebRequest) -> Response[bytes]:
    roles = await request.read(lambda tx: staff.list_roles(tx, request.caller, limit=MOST_LISTED))
    return manage_page(request, "roles", {"roles": roles})


@get("/manage/roles/new", opt=guarded(_EDIT, example=Example()))
async def new_role(request: WebRequest) -> Response[bytes]:
    return await _form(request, None)


@get(
    "/manage/roles/{code:str}",
    opt=guarded(
        _VIEW,
        example=Example(
            path={"code": "{role_code}"}, answers_neighbours="A role's code is a word that others may use for theirs."
        ),
    ),
)
async def show_role(request: WebRequest, code: PathCode) -> Response[bytes]:
    return await _form(request, code)


async def _form(
    request: WebRequest, code: str | None, ticked: frozenset[str] | None = None, refused: Refusal = NOTHING_REFUSED
) -> Response[bytes]:
    roles = await request.read(lambda tx: staff.list_roles(tx, request.caller, limit=MOST_LISTED))
    role = next((each for each in roles if each.code == code), None)
    if code is not None and role is None:
        raise NotFoundError("role_not_found", role=code)
    held = frozenset(role.permissions) if role else frozenset()
    context = {"role": role, "areas": AREAS, "ticked": held if ticked is None else ticked}
    return manage_page(request, "role", context, refused=refused)


async def _ticked(request: WebRequest) -> frozenset[str]:
    return frozenset(str(each) for each in (await request.form()).getall("permissions", []))


@post(
    "/manage/roles/new",
    opt=guarded(_EDIT, example=Example(body={"code": "plukker", "name": "Plukker", "permissions": "worklist"})),
    status_code=200,
)
async def create_role(request: WebRequest) -> Response[bytes]:
    ticked = await _ticked(request)

    async def do() -> Response[bytes]:
        form = await request.typed(NewRoleForm)
        new = NewRole(code=form.code, name=form.name, permissions=form.permissions, needs_one_time=form.needs_one_time)
        await request.run(lambda tx: staff.create_role(tx, request.caller, new))
        return request.go_to(f"/manage/roles/{form.code}?done=role_created")

    return await sent(request, "role", do, lambda refused: _form(request, None, ticked, refused))


_NEIGHBOURS: Final = "A role's code is an agency's own word; in the test theirs has the same."


@post(
    "/manage/roles/{code:str}",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"code": "{role_code}"},
            body={"name": "Skranke", "permissions": "renew"},
            answers_neighbours=_NEIGHBOURS,
        ),
    ),
    status_code=200,
)
async def change_role(request: WebRequest, code: PathCode) -> Response[bytes]:
    """For everybody who holds it, from their next request on."""
    ticked = await _ticked(request)

    async def do() -> Response[bytes]:
        form = await request.typed(RoleForm)
        change = RoleChange(name=form.name, permissions=form.permissions, needs_one_time=form.needs_one_time)
        await request.run(lambda tx: staff.change_role(tx, request.caller, code, change))
        return request.go_to(f"/manage/roles/{code}?done=saved")

    return await sent(request, "role", do, lambda refused: _form(request, code, ticked, refused))


router = Router(path="/", route_handlers=[change_role, create_role, list_roles, new_role, show_role])
