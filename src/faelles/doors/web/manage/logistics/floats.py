"""Float groups: branches that share their stock, and how much of each subject there is room for in each."""

from collections.abc import Mapping
from typing import Final

from litestar import Response, Router, get, post

from faelles.agencies.model import BranchKind
from faelles.circulation.floating import operations as floating
from faelles.circulation.floating.model import FloatGroup, NewFloatGroup
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import manage_page
from faelles.doors.web.manage.policies.spot import tree
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.alphabet import by_name
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.people.model import Permission
from faelles.policies.operations import current_settings

_VIEW, _EDIT = Permission.LOGISTICS, Permission.AGENCY_EDIT
_THIS_GROUP: Final = {"group": "{float_group}"}
_MOST_SUBJECTS: Final = 200
_BLANK: Final = {"name": "", "material_group": None, "classification": ""}


@get("/manage/floats", opt=guarded(_VIEW, example=Example()))
async def list_floats(request: WebRequest) -> Response[bytes]:
    return await _floats(request)


async def _floats(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        groups = await floating.list_groups(tx, request.caller)
        return {"groups": groups, "ticked": set()} | await _choices(tx, request)

    context = await request.read(work) | await _ticked(request, refused)
    return manage_page(request, "floats", context, refused=refused)


async def _choices(tx: Transaction, request: WebRequest) -> dict[str, object]:
    settings = await current_settings(tx)
    branches = sorted(
        by_name(settings.directory.branches.values()), key=lambda each: each.kind is not BranchKind.PUBLIC
    )
    return {
        "branches": branches,
        "names": {each.id: each.name for each in branches},
        "material_groups": tree(list(settings.material_groups.values()), request.language),
    }


@post(
    "/manage/floats",
    opt=guarded(_EDIT, example=Example(body={"name": "Nordlige filialer", "branches": ["{branch}", "{suburb}"]})),
    status_code=200,
)
async def add_float(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        wanted = await _read(request)
        group = await request.run(lambda tx: floating.add_group(tx, request.caller, wanted))
        return request.go_to(f"/manage/floats/{group.id}?done=saved")

    return await sent(request, "float", do, lambda refused: _floats(request, refused))


@get("/manage/floats/{group:int}", opt=guarded(_VIEW, example=Example(path=_THIS_GROUP)))
async def show_float(request: WebRequest, group: PathId) -> Response[bytes]:
    return await _float(request, group)


async def _float(request: WebRequest, group: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = next((each for each in await floating.list_groups(tx, request.caller) if each.id == group), None)
        if found is None:
            raise NotFoundError("float_group_unknown")
        ticked = {str(each) for each in found.branches}
        return {"group": found, "room": _room(found), "ticked": ticked, "blank": _BLANK} | await _choices(tx, request)

    context = await request.read(work) | await _ticked(request, refused)
    return manage_page(request, "float", context, refused=refused)


async def _ticked(request: WebRequest, refused: Refusal) -> dict[str, object]:
    """The branches as they were ticked in a form that did not fit."""
    if refused.form is None:
        return {}
    return {"ticked": {str(each) for each in (await request.form()).getall("branches", [])}}


def _room(group: FloatGroup) -> list[dict[int, tuple[int, int]]]:
    """Of each subject, branch by branch: the room there is, and what has its place there."""
    return [{each.branch: (each.copies, each.placed) for each in subject.room} for subject in group.subjects]


@post(
    "/manage/floats/{group:int}",
    opt=guarded(
        _EDIT,
        example=Example(path=_THIS_GROUP, body={"name": "Nordlige filialer", "branches": ["{branch}", "{suburb}"]}),
    ),
    status_code=200,
)
async def change_float(request: WebRequest, group: PathId) -> Response[bytes]:
    """The whole group as it is to be; a subject whose name was emptied is gone."""

    async def do() -> Response[bytes]:
        wanted = await _read(request)
        await request.run(lambda tx: floating.change_group(tx, request.caller, group, wanted))
        return request.go_to(f"/manage/floats/{group}?done=saved")

    return await sent(request, "float", do, lambda refused: _float(request, group, refused))


@post("/manage/floats/{group:int}/dissolved", opt=guarded(_EDIT, example=Example(path=_THIS_GROUP, body={})))
async def dissolve_float(request: WebRequest, group: PathId) -> Response[bytes]:
    await request.run(lambda tx: floating.dissolve_group(tx, request.caller, group))
    return request.go_to("/manage/floats?done=float_dissolved")


async def _read(request: WebRequest) -> NewFloatGroup:
    form = await request.form()
    typed = {name: str(value).strip() for name, value in form.items()}
    branches = [str(each) for each in form.getall("branches", [])]
    return read_group(typed, branches)


def read_group(typed: Mapping[str, str], branches: list[str]) -> NewFloatGroup:
    """A group as it was typed: subjects by their number, room by number and branch. Raises InvalidRequestError."""
    subjects = [
        {
            "name": typed[f"subject-{number}"],
            "material_group": typed.get(f"material_group-{number}", ""),
            "classification": typed.get(f"classification-{number}", ""),
            "room": [{"branch": branch, "copies": typed.get(f"room-{number}-{branch}") or "0"} for branch in branches],
        }
        for number in range(_MOST_SUBJECTS)
        if typed.get(f"subject-{number}")
    ]
    return read_as(NewFloatGroup, {"name": typed.get("name", ""), "branches": branches, "subjects": subjects})


router = Router(path="/", route_handlers=[add_float, change_float, dissolve_float, list_floats, show_float])
