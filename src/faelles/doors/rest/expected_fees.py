"""Over REST: what overdue loans would cost if they came back now."""

from litestar import Router, get

from faelles.circulation.expected.model import ExpectedFee
from faelles.circulation.expected.operations import expected_fees
from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page
from faelles.doors.rest.parameters import PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import PatronId
from faelles.people.model import Permission


@get(
    "/patrons/{patron:int}/expected-fees",
    opt=guarded(Permission.FEE_VIEW, example=Example(path={"patron": "{patron}"})),
    summary="What a patron's overdue loans would cost today",
)
async def list_expected_fees(request: ApiRequest, patron: PathId) -> Page[ExpectedFee]:
    """No claim yet, and nothing that can be paid. One page."""
    return Page(items=await request.run(lambda tx: expected_fees(tx, request.caller, PatronId(patron))), next=None)


@get("/own/expected-fees", opt=own_account(example=Example()), summary="What my overdue loans would cost today")
async def list_own_expected_fees(request: ApiRequest) -> Page[ExpectedFee]:
    own = request.caller.oneself()
    return Page(items=await request.run(lambda tx: expected_fees(tx, request.caller, own)), next=None)


router = Router(path="/", tags=["fees"], route_handlers=[list_expected_fees, list_own_expected_fees])
