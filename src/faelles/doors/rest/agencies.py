"""Agencies, divisions, branches and placements over REST."""

from litestar import Router, get, post, put
from litestar.params import JSONBody

from faelles.agencies import operations
from faelles.agencies.model import (
    AddBranch,
    AddDivision,
    Agency,
    Branch,
    BranchClosing,
    ChangeBranch,
    ChangeIsil,
    Division,
    NewName,
    NewPlacements,
    Placement,
)
from faelles.agencies.placements import operations as placing
from faelles.doors.rest.access import Example, guarded, signed_in
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId, PlacementId
from faelles.people.model import Permission

_VIEW, _EDIT = Permission.AGENCY_VIEW, Permission.AGENCY_EDIT
_THIS_BRANCH = {"branch": "{branch}"}


# -- Agencies


@get("/", opt=guarded(_VIEW, example=Example()), summary="All agencies of the country")
async def list_agencies(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Agency]:
    """Who owns a foreign book stands here; what is inside another agency does not."""
    cursor = AgencyId(read_cursor(after, int) or NATION)
    agencies = await request.read(lambda tx: operations.list_agencies(tx, request.caller, after=cursor, limit=limit))
    return page(agencies, limit, key=lambda agency: agency.id)


@get("/own", opt=guarded(_VIEW, example=Example()), summary="The caller's own agency")
async def show_agency(request: ApiRequest) -> Agency:
    return await request.read(lambda tx: operations.show_agency(tx, request.caller))


@put("/own", opt=guarded(_EDIT, example=Example(body={"name": "Nyby"})), summary="Rename the caller's own agency")
async def rename_agency(request: ApiRequest, data: JSONBody[NewName]) -> Agency:
    return await request.run(lambda tx: operations.rename_agency(tx, request.caller, data.name))


# -- Divisions


@get("/", opt=guarded(_VIEW, example=Example()), summary="The agency's divisions, with the ISILs they have had")
async def list_divisions(request: ApiRequest) -> Page[Division]:
    """A handful: always one page."""
    return Page(items=await request.read(lambda tx: operations.list_divisions(tx, request.caller)), next=None)


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"kind": "school", "name": "Skolerne", "isil": "DK-699901"})),
    summary="Add a division",
)
async def add_division(request: ApiRequest, data: JSONBody[AddDivision]) -> Division:
    return await request.run(lambda tx: operations.add_division(tx, request.caller, data))


@put(
    "/{division:int}",
    opt=guarded(_EDIT, example=Example(path={"division": "{division}"}, body={"name": "Biblioteket"})),
    summary="Rename a division",
)
async def rename_division(request: ApiRequest, division: PathId, data: JSONBody[NewName]) -> Division:
    return await request.run(lambda tx: operations.rename_division(tx, request.caller, DivisionId(division), data.name))


@post(
    "/{division:int}/isils",
    opt=guarded(
        _EDIT,
        example=Example(path={"division": "{division}"}, body={"isil": "DK-799902", "first_day": "2027-01-01"}),
    ),
    summary="Give a division another ISIL from a day on",
)
async def change_isil(request: ApiRequest, division: PathId, data: JSONBody[ChangeIsil]) -> Division:
    """The ISIL it has till then is kept, with the new one as its successor."""
    return await request.run(lambda tx: operations.change_isil(tx, request.caller, DivisionId(division), data))


# -- Branches and placements


@get("/", opt=signed_in(example=Example()), summary="The agency's branches, by code")
async def list_branches(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Branch]:
    """For patrons and machines too: it says what hangs on the doors."""
    cursor = read_cursor(after, str) or ""
    branches = await request.read(lambda tx: operations.list_branches(tx, request.caller, after=cursor, limit=limit))
    return page(branches, limit, key=lambda branch: branch.code)


@get("/{branch:int}", opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH)), summary="One branch")
async def show_branch(request: ApiRequest, branch: PathId) -> Branch:
    return await request.read(lambda tx: operations.show_branch(tx, request.caller, BranchId(branch)))


@post(
    "/",
    opt=guarded(
        _EDIT,
        example=Example(body={"division": "{division}", "code": "DK-799903", "name": "Havnen", "kind": "public"}),
    ),
    summary="Add a branch",
)
async def add_branch(request: ApiRequest, data: JSONBody[AddBranch]) -> Branch:
    return await request.run(lambda tx: operations.add_branch(tx, request.caller, data))


@put(
    "/{branch:int}",
    opt=guarded(
        _EDIT, example=Example(path=_THIS_BRANCH, body={"name": "Havnen", "kind": "public", "is_pickup": True})
    ),
    summary="Change a branch",
)
async def change_branch(request: ApiRequest, branch: PathId, data: JSONBody[ChangeBranch]) -> Branch:
    return await request.run(lambda tx: operations.change_branch(tx, request.caller, BranchId(branch), data))


@put(
    "/{branch:int}/closing",
    opt=guarded(_EDIT, example=Example(path=_THIS_BRANCH, body={"closed_from": "2030-01-01"})),
    summary="Close a branch for good, or keep it open after all",
)
async def close_branch(request: ApiRequest, branch: PathId, data: JSONBody[BranchClosing]) -> Branch:
    return await request.run(lambda tx: operations.close_branch(tx, request.caller, BranchId(branch), data.closed_from))


@get(
    "/{branch:int}/placements", opt=guarded(_VIEW, example=Example(path=_THIS_BRANCH)), summary="A branch's placements"
)
async def list_placements(
    request: ApiRequest, branch: PathId, limit: Limit = 50, after: After = None
) -> Page[Placement]:
    cursor = PlacementId(read_cursor(after, int) or 0)
    placements = await request.read(
        lambda tx: placing.list_placements(tx, request.caller, BranchId(branch), after=cursor, limit=limit)
    )
    return page(placements, limit, key=lambda placement: placement.id)


@post(
    "/{branch:int}/placements",
    opt=guarded(
        _EDIT,
        example=Example(path=_THIS_BRANCH, body={"placements": [{"department": "Voksen", "location": "Musik"}]}),
    ),
    summary="Add placements to a branch",
)
async def add_placements(request: ApiRequest, branch: PathId, data: JSONBody[NewPlacements]) -> Page[Placement]:
    """Those the branch has already are left as they are. The answer has each of the ones sent, with its id."""
    placements = await request.run(
        lambda tx: placing.add_placements(tx, request.caller, BranchId(branch), data.placements)
    )
    return Page(items=placements, next=None)


router = Router(
    path="/",
    tags=["agencies"],
    route_handlers=[
        Router(path="/agencies", route_handlers=[list_agencies, show_agency, rename_agency]),
        Router(path="/divisions", route_handlers=[list_divisions, add_division, rename_division, change_isil]),
        Router(
            path="/branches",
            route_handlers=[
                list_branches,
                show_branch,
                add_branch,
                change_branch,
                close_branch,
                list_placements,
                add_placements,
            ],
        ),
    ],
)
