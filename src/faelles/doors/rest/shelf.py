"""The hold shelf over REST."""

from typing import Final

from litestar import Router, get

from faelles.circulation.shelf import operations
from faelles.circulation.shelf.model import LeftOnShelf, OnShelf, ToClear
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId, PatronId
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


@get(
    "/patrons/{patron:int}/holds/uncollected",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path={"patron": "{patron}"})),
    summary="How many holds a patron left on the shelf",
)
async def count_uncollected(request: ApiRequest, patron: PathId) -> LeftOnShelf:
    """As far back as retention lets it be known."""
    return await request.run(lambda tx: operations.uncollected_by(tx, request.caller, PatronId(patron)))


router = Router(
    path="/", route_handlers=[list_hold_shelf, list_hold_shelf_to_clear, count_uncollected], tags=["hold shelf"]
)
