"""Interlibrary requests over REST: a patron's wish, the copy's way here and home, and what other libraries want."""

import msgspec
from litestar import Router, get, post, put
from litestar.params import JSONBody

from faelles.circulation.loans.model import CheckoutAnswer
from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import PatronId
from faelles.interlibrary import operations
from faelles.interlibrary.lending import item_requested
from faelles.interlibrary.model import (
    Deny,
    ItemRequested,
    LendAt,
    NewRequest,
    PlaceOrder,
    Receive,
    Request,
    RequestedResult,
    SetPartner,
)
from faelles.interlibrary.partners import set_partner
from faelles.people.model import Permission

_PLACE = Permission.HOLD_PLACE
_THIS = {"patron": "{patron}"}
_WISH = {"wanted": {"title": "Om at brænde ørkener", "creator": "Karen Blixen"}, "branch": "{branch}"}


class Asked(msgspec.Struct, frozen=True):
    result: RequestedResult


@post(
    "/patrons/{patron:int}/interlibrary-requests",
    opt=guarded(_PLACE, example=Example(path=_THIS, body=_WISH)),
    summary="Ask for a title that the library does not have",
)
async def request_title(request: ApiRequest, patron: PathId, data: JSONBody[NewRequest]) -> Request:
    return await request.run(lambda tx: operations.request_title(tx, request.caller, PatronId(patron), data))


@get(
    "/patrons/{patron:int}/interlibrary-requests",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path=_THIS)),
    summary="A patron's interlibrary requests",
)
async def list_requests_of_patron(
    request: ApiRequest, patron: PathId, limit: Limit = 50, after: After = None
) -> Page[Request]:
    start, caller = read_cursor(after, int) or 0, request.caller
    found = await request.run(lambda tx: operations.requests_of(tx, caller, PatronId(patron), after=start, limit=limit))
    return page(found, limit, key=lambda each: each.id)


@post("/own/interlibrary-requests", opt=own_account(example=Example(body=_WISH)), summary="Ask for a title")
async def request_own_title(request: ApiRequest, data: JSONBody[NewRequest]) -> Request:
    caller = request.caller
    own = caller.oneself()
    return await request.run(lambda tx: operations.request_title(tx, caller, own, data))


@get("/own/interlibrary-requests", opt=own_account(example=Example()), summary="My interlibrary requests")
async def list_own_requests(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Request]:
    start, caller = read_cursor(after, int) or 0, request.caller
    own = caller.oneself()
    found = await request.run(lambda tx: operations.requests_of(tx, caller, own, after=start, limit=limit))
    return page(found, limit, key=lambda each: each.id)


@post(
    "/own/interlibrary-requests/{request_id:int}/cancellation",
    status_code=200,
    opt=own_account(example=Example(path={"request_id": "{interlibrary}"})),
    summary="Think better of it",
)
async def cancel_own_request(request: ApiRequest, request_id: PathId) -> Request:
    return await request.run(lambda tx: operations.cancel(tx, request.caller, request_id))


@get(
    "/interlibrary-requests",
    opt=guarded(Permission.HOLD_VIEW, example=Example()),
    summary="Interlibrary requests that are not done with",
)
async def list_open_requests(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Request]:
    start, caller = read_cursor(after, int) or 0, request.caller
    found = await request.run(lambda tx: operations.open_requests(tx, caller, after=start, limit=limit))
    return page(found, limit, key=lambda each: each.id)


@get(
    "/interlibrary-requests/{request_id:int}",
    opt=guarded(_PLACE, example=Example(path={"request_id": "{interlibrary}"})),
    summary="One interlibrary request",
)
async def show_request(request: ApiRequest, request_id: PathId) -> Request:
    return await request.run(lambda tx: operations.show_request(tx, request.caller, request_id))


@post(
    "/interlibrary-requests/{request_id:int}/order",
    status_code=200,
    opt=guarded(_PLACE, example=Example(path={"request_id": "{interlibrary}"}, body={"partner_isil": "DK-820010"})),
    summary="Order from another library",
)
async def order_from_library(request: ApiRequest, request_id: PathId, data: JSONBody[PlaceOrder]) -> Request:
    """503 where the other library's system does not answer: try again, it is the same order there."""
    services = request.services
    return await operations.order(services.database, request.caller, services.installation, request_id, data)


@post(
    "/interlibrary-requests/{request_id:int}/receipt",
    status_code=200,
    opt=guarded(
        _PLACE,
        example=Example(
            path={"request_id": "{ordered_interlibrary}"},
            body={"placement": "{placement}", "material_group": "{material_group}", "record": "{record}"},
        ),
    ),
    summary="The other library's copy has come",
)
async def receive(request: ApiRequest, request_id: PathId, data: JSONBody[Receive]) -> Request:
    """It becomes a placeholder item. Needs `item_edit` too."""
    return await request.run(lambda tx: operations.receive(tx, request.caller, request_id, data))


@post(
    "/interlibrary-requests/{request_id:int}/loan",
    status_code=200,
    opt=guarded(
        Permission.CHECKOUT,
        example=Example(path={"request_id": "{received_interlibrary}"}, body={"branch": "{branch}"}),
    ),
    summary="Lend what has come",
)
async def lend_received(request: ApiRequest, request_id: PathId, data: JSONBody[LendAt]) -> CheckoutAnswer:
    """An ordinary check-out. Needs `hold_place` too."""
    caller, keyring = request.caller, request.services.keyring
    return await request.run(lambda tx: operations.lend(tx, caller, keyring, request_id, data))


@post(
    "/interlibrary-requests/{request_id:int}/closing",
    status_code=200,
    opt=guarded(_PLACE, example=Example(path={"request_id": "{received_interlibrary}"})),
    summary="Send the copy home",
)
async def close_request(request: ApiRequest, request_id: PathId) -> Request:
    """Needs `item_edit` too."""
    return await request.run(lambda tx: operations.close(tx, request.caller, request_id))


@post(
    "/interlibrary-requests/{request_id:int}/denial",
    status_code=200,
    opt=guarded(_PLACE, example=Example(path={"request_id": "{interlibrary}"}, body={"reason": "Findes i biografen"})),
    summary="Say no to a request",
)
async def deny_request(request: ApiRequest, request_id: PathId, data: JSONBody[Deny]) -> Request:
    return await request.run(lambda tx: operations.deny(tx, request.caller, request_id, data))


@post(
    "/interlibrary-requests/{request_id:int}/cancellation",
    status_code=200,
    opt=guarded(_PLACE, example=Example(path={"request_id": "{interlibrary}"})),
    summary="Cancel a request",
)
async def cancel_request(request: ApiRequest, request_id: PathId) -> Request:
    """Until the copy has come."""
    return await request.run(lambda tx: operations.cancel(tx, request.caller, request_id))


@post(
    "/interlibrary-requests/from-libraries",
    status_code=200,
    opt=guarded(
        _PLACE,
        example=Example(
            body={"record_number": "12345678", "requesting_isil": "DK-820010", "end_user": "B7000001"},
            answers_neighbours="each library asks for what it knows; nothing of it is anybody's",
        ),
    ),
    summary="Another library wants a title",
)
async def ask_for_library(request: ApiRequest, data: JSONBody[ItemRequested]) -> Asked:
    """It waits in the queue as the patron that it is here, and is told so."""
    services = request.services
    return Asked(await item_requested(services.database, request.caller, services.keyring, services.installation, data))


@put(
    "/interlibrary-partner",
    status_code=204,
    opt=guarded(Permission.AGENCY_EDIT, example=Example(body={"adapter": "built_in"})),
    summary="Choose the system that orders go to",
)
async def choose_partner(request: ApiRequest, data: JSONBody[SetPartner]) -> None:
    """`iso18626`: an address that takes ISO 18626 messages by HTTP POST."""
    caller, installation = request.caller, request.services.installation
    await request.run(lambda tx: set_partner(tx, caller, installation, data))


router = Router(
    path="/",
    tags=["interlibrary"],
    route_handlers=[
        request_title,
        list_requests_of_patron,
        request_own_title,
        list_own_requests,
        cancel_own_request,
        list_open_requests,
        show_request,
        order_from_library,
        receive,
        lend_received,
        close_request,
        deny_request,
        cancel_request,
        ask_for_library,
        choose_partner,
    ],
)
