"""How branches are reached, over REST."""

from litestar import Router, get, put
from litestar.params import JSONBody

from faelles.agencies.contacts import operations
from faelles.agencies.contacts.model import BranchContact, ContactShown
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId
from faelles.people.model import Permission

_THIS_BRANCH = {"branch": "{branch}"}


@get(
    "/{branch:int}",
    opt=guarded(Permission.AGENCY_VIEW, example=Example(path=_THIS_BRANCH)),
    summary="How a branch is reached",
)
async def show_branch_contact(request: ApiRequest, branch: PathId) -> ContactShown:
    return await request.read(lambda tx: operations.show_contact(tx, request.caller, BranchId(branch)))


@put(
    "/{branch:int}",
    opt=guarded(
        Permission.AGENCY_EDIT, example=Example(path=_THIS_BRANCH, body={"city": "Nyby", "website": "https://nyby.dk"})
    ),
    summary="Say how a branch is reached",
)
async def set_branch_contact(request: ApiRequest, branch: PathId, data: JSONBody[BranchContact]) -> ContactShown:
    """Replaces all that was known."""
    return await request.run(lambda tx: operations.set_contact(tx, request.caller, BranchId(branch), data))


router = Router(path="/branch-contacts", route_handlers=[show_branch_contact, set_branch_contact], tags=["agencies"])
