"""Branches: the list, one branch with how it is reached and what stands where, opening and closing it for good."""

from collections.abc import Callable
from datetime import date
from typing import Final, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.agencies import operations as agencies
from faelles.agencies.contacts import operations as contacts
from faelles.agencies.contacts.model import BranchContact
from faelles.agencies.model import AddBranch, Branch, BranchKind, ChangeBranch, Division, NewPlacement
from faelles.agencies.placements import operations as placements
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web import sheet
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.manage.frame import MOST_LISTED, manage_page
from faelles.doors.web.request import WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import BranchId
from faelles.people.model import Permission, Place

Order = Literal["name", "code", "division"]

_VIEW, _EDIT = Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
_THIS_BRANCH: Final = {"branch": "{branch}"}
_ORDERS: Final[dict[str, Callable[[Branch], tuple[object, ...]]]] = {
    "name": lambda branch: (branch.name,),
    "code": lambda branch: (branch.code,),
    "division": lambda branch: (branch.division, branch.name),
}


class BranchForm(msgspec.Struct, frozen=True, kw_only=True):
    """A branch that there is, as the form shows it."""

    name: ShortText
    kind: BranchKind
    is_pickup: bool = False


class NewBranchForm(BranchForm, frozen=True, kw_only=True):
    division: Id
    code: ShortText


class ClosingForm(msgspec.Struct, frozen=True, kw_only=True):
    """Empty: it stays open after all."""

    closed_from: date | None = None


@get("/manage/branches", opt=guarded(_VIEW, example=Example()))
async def list_branches(request: WebRequest, order: FromQuery[Order] = "name") -> Response[bytes]:
    return await _branches(request, order)


async def _branches(request: WebRequest, order: str, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    found, divisions = await _all(request)
    context = {
        "branches": sorted(found, key=_ORDERS[order]),
        "divisions": {each.id: each.name for each in divisions},
        "order": order,
    }
    return manage_page(request, "branches", context, refused=refused)


async def _all(request: WebRequest) -> tuple[list[Branch], list[Division]]:
    async def work(tx: Transaction) -> tuple[list[Branch], list[Division]]:
        branches = await agencies.list_branches(tx, request.caller, limit=MOST_LISTED)
        return branches, await agencies.list_divisions(tx, request.caller)

    return await request.read(work)


@get("/manage/branches.csv", opt=guarded(_VIEW, example=Example()))
async def branches_as_sheet(request: WebRequest) -> Response[bytes]:
    found, divisions = await _all(request)
    names = {each.id: each.name for each in divisions}
    headings = ["web_branch_code", "web_branch", "web_division", "web_kind", "web_is_pickup", "web_closed_from"]
    rows = [(each.code, each.name, names[each.division], each.kind, each.is_pickup, each.closed_from) for each in found]
    return sheet.sheet(request, "branches", headings, rows)


@post(
    "/manage/branches",
    opt=guarded(
        _EDIT, example=Example(body={"division": "{division}", "code": "DK-899997", "name": "Havnen", "kind": "public"})
    ),
    status_code=200,
)
async def add_branch(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(NewBranchForm)
        wanted = read_as(AddBranch, msgspec.structs.asdict(form))
        branch = await request.run(lambda tx: agencies.add_branch(tx, request.caller, wanted))
        return request.go_to(f"/manage/branches/{branch.id}?done=branch_added")

    return await sent(request, "branch", do, lambda refused: _branches(request, "name", refused))


@get("/manage/branches/{branch:int}", opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH)))
async def show_branch(request: WebRequest, branch: PathId) -> Response[bytes]:
    return await _branch(request, branch)


async def _branch(request: WebRequest, branch: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        caller, number = request.caller, BranchId(branch)
        found = await agencies.show_branch(tx, caller, number)
        divisions = await agencies.list_divisions(tx, caller)
        return {
            "branch": found,
            "division": next(each.name for each in divisions if each.id == found.division),
            "contact": (await contacts.show_contact(tx, caller, number)).contact,
            "placements": await placements.list_placements(tx, caller, number, limit=MOST_LISTED),
            "may_edit": _EDIT in caller.permissions_at(Place(found.division, found.id)),
        }

    return manage_page(request, "branch", await request.read(work), refused=refused)


@post(
    "/manage/branches/{branch:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, body={"name": "Hovedbiblioteket", "kind": "public"})),
    status_code=200,
)
async def change_branch(request: WebRequest, branch: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(BranchForm)
        wanted = ChangeBranch(name=form.name, kind=form.kind, is_pickup=form.is_pickup)
        await request.run(lambda tx: agencies.change_branch(tx, request.caller, BranchId(branch), wanted))
        return request.go_to(f"/manage/branches/{branch}?done=saved")

    return await sent(request, "branch", do, lambda refused: _branch(request, branch, refused))


@post(
    "/manage/branches/{branch:int}/contact",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, body={"street": "Torvet 1"})),
    status_code=200,
)
async def set_contact(request: WebRequest, branch: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(BranchContact)
        await request.run(lambda tx: contacts.set_contact(tx, request.caller, BranchId(branch), form))
        return request.go_to(f"/manage/branches/{branch}?done=saved#contact")

    return await sent(request, "contact", do, lambda refused: _branch(request, branch, refused))


@post(
    "/manage/branches/{branch:int}/placements",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, body={"department": "Børn", "location": "Billedbøger"})),
    status_code=200,
)
async def add_placement(request: WebRequest, branch: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(NewPlacement)
        await request.run(lambda tx: placements.add_placements(tx, request.caller, BranchId(branch), [form]))
        return request.go_to(f"/manage/branches/{branch}?done=placement_added#placements")

    return await sent(request, "placement", do, lambda refused: _branch(request, branch, refused))


@post(
    "/manage/branches/{branch:int}/end",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, body={"closed_from": "2027-12-31"})),
    status_code=200,
)
async def close_branch(request: WebRequest, branch: PathId) -> Response[bytes]:
    """For good from a day on; what it owns and has lent stays."""

    async def do() -> Response[bytes]:
        form = await request.typed(ClosingForm)
        await request.run(lambda tx: agencies.close_branch(tx, request.caller, BranchId(branch), form.closed_from))
        return request.go_to(f"/manage/branches/{branch}?done=saved")

    return await sent(request, "end", do, lambda refused: _branch(request, branch, refused))


router = Router(
    path="/",
    route_handlers=[
        add_branch,
        add_placement,
        branches_as_sheet,
        change_branch,
        close_branch,
        list_branches,
        set_contact,
        show_branch,
    ],
)
