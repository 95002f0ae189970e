"""The hold shelf over REST."""

from typing import Final

from litestar import Router, get

from faelles.circulation.shelf import operations
from faelles.circulation.shelf.model import OnShelf, ToClear
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId
from faelles.people.model import Permission

_LOGISTICS: Final = Permission.LOGISTICS
_HERE: Final = {"branch": "{branch}"}


@get(
    "/branches/{branch:int}/hold-shelf",
    opt=guarded(_LOGISTICS, example=Example(path=_HERE)),
    summary="What stands ready to be picked up, by shelf number",
)
async def list_hold_shelf(request: ApiRequest, branch: PathId, limit: Limit = 50, after: After = None) -> Page[OnShelf]:
    start = read_cursor(after, int) or 0
    found = await request.read(
        lambda tx: operations.list_shelf(tx, request.caller, BranchId(branch), after=start, limit=limit)
    )
    return page(found, limit, key=lambda place: place.number)


@get(
    "/branches/{branch:int}/hold-shelf/to-clear",
    opt=guarded(_LOGISTICS, example=Example(path=_HERE)),
    summary="What stands on the hold shelf for nobody",
)
async def list_hold_shelf_to_clear(
    request: ApiRequest, branch: PathId, limit: Limit = 50, after: After = None
) -> Page[ToClear]:
    """Expired, cancelled, or picked up elsewhere now. Scan each when it is taken away: the scan says where it goes."""
    start = read_cursor(after, int) or 0
    found = await request.read(
        lambda tx: operations.list_to_clear(tx, request.caller, BranchId(branch), after=start, limit=limit)
    )
    return page(found, limit, key=lambda place: place.number)


router = Router(path="/", route_handlers=[list_hold_shelf, list_hold_shelf_to_clear], tags=["hold shelf"])
