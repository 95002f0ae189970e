"""Lending to and from other municipalities, over REST: agreements, and requests from the asking to the coming home."""

from typing import Final

from litestar import Router, delete, get, post
from litestar.params import JSONBody

from faelles.circulation.sharing import agreements, borrowing, lending
from faelles.circulation.sharing.model import (
    Agreement,
    AgreementGiven,
    GiveAgreement,
    Incoming,
    Outgoing,
    ReceivedLent,
    ReceiveLent,
    SendToBorrower,
    SentToBorrower,
)
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission

_EDIT: Final = Permission.AGENCY_EDIT
_LOGISTICS: Final = Permission.LOGISTICS


@get(
    "/",
    opt=guarded(Permission.AGENCY_VIEW, example=Example()),
    summary="What we lend to whom, and who lends to us",
)
async def list_lending_agreements(request: ApiRequest) -> list[Agreement]:
    return await request.read(lambda tx: agreements.list_agreements(tx, request.caller))


@post(
    "/",
    opt=guarded(_EDIT, example=Example(body={"borrower": "{borrower_isil}"})),
    summary="Lend to another municipality's patrons",
)
async def give_lending_agreement(request: ApiRequest, data: JSONBody[GiveAgreement]) -> AgreementGiven:
    """409 where there is one for some of those days already. They see titles that they ask for, never our patrons; we
    see titles that are asked for, never theirs.
    """
    return AgreementGiven(await request.run(lambda tx: agreements.give_agreement(tx, request.caller, data)))


@delete(
    "/{agreement:int}",
    opt=guarded(_EDIT, example=Example(path={"agreement": "{agreement}"})),
    summary="Lend nothing more under an agreement after today",
)
async def end_lending_agreement(request: ApiRequest, agreement: PathId) -> None:
    """What is under way goes on. Only the lender ends it; the borrower is told that there is none."""
    await request.run(lambda tx: agreements.end_agreement(tx, request.caller, agreement))


router = Router(
    path="/lending-agreements",
    route_handlers=[end_lending_agreement, give_lending_agreement, list_lending_agreements],
    tags=["lending"],
)


# -- What others ask of us


@get("/incoming", opt=guarded(_LOGISTICS, example=Example()), summary="What other municipalities have asked us for")
async def list_incoming_requests(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Incoming]:
    """A title and how far it has come; never for whom."""
    start = read_cursor(after, int) or 0
    found = await request.read(lambda tx: lending.list_incoming(tx, request.caller, after=start, limit=limit))
    return page(found, limit, key=lambda each: each.id)


@post(
    "/incoming/{lending_request:int}/accept",
    status_code=200,
    opt=guarded(_LOGISTICS, example=Example(path={"lending_request": "{request_to_accept}"})),
    summary="Fetch a copy for another municipality",
)
async def accept_lending_request(request: ApiRequest, lending_request: PathId) -> Incoming:
    """It stands last in our own queue, and the copy comes to the counter that things go out from."""
    return await request.run(lambda tx: lending.accept_request(tx, request.caller, lending_request))


@post(
    "/incoming/{lending_request:int}/refuse",
    status_code=200,
    opt=guarded(_LOGISTICS, example=Example(path={"lending_request": "{request_to_refuse}"})),
    summary="Say no to another municipality",
)
async def refuse_lending_request(request: ApiRequest, lending_request: PathId) -> Incoming:
    """Also after a yes, until a copy has left."""
    return await request.run(lambda tx: lending.refuse_request(tx, request.caller, lending_request))


@post(
    "/incoming/send",
    status_code=200,
    opt=guarded(_LOGISTICS, example=Example(body={"item": "{fetched_item_number}", "branch": "{branch}"})),
    summary="Send a copy that was fetched for another municipality",
)
async def send_to_borrower(request: ApiRequest, data: JSONBody[SendToBorrower]) -> SentToBorrower:
    """It is with them until it is scanned at one of our desks."""
    return await request.run(lambda tx: lending.send_to_borrower(tx, request.caller, data))


# -- What we ask of others


@get("/outgoing", opt=guarded(_LOGISTICS, example=Example()), summary="What we have asked other municipalities for")
async def list_outgoing_requests(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Outgoing]:
    start = read_cursor(after, int) or 0
    found = await request.read(lambda tx: borrowing.list_outgoing(tx, request.caller, after=start, limit=limit))
    return page(found, limit, key=lambda each: each.id)


@post(
    "/outgoing/{lending_request:int}/withdraw",
    status_code=200,
    opt=guarded(_LOGISTICS, example=Example(path={"lending_request": "{request_to_withdraw}"})),
    summary="Withdraw a request",
)
async def withdraw_lending_request(request: ApiRequest, lending_request: PathId) -> Outgoing:
    """Until a copy has left. The hold behind it waits on."""
    return await request.run(lambda tx: borrowing.withdraw_request(tx, request.caller, lending_request))


@post(
    "/outgoing/{lending_request:int}/receive",
    status_code=200,
    opt=guarded(
        Permission.ITEM_EDIT,
        example=Example(path={"lending_request": "{request_to_receive}"}, body={"branch": "{branch}"}),
    ),
    summary="Receive a copy that another municipality has sent",
)
async def receive_lent_copy(request: ApiRequest, lending_request: PathId, data: JSONBody[ReceiveLent]) -> ReceivedLent:
    """It stands here as a placeholder, bound to the hold it came for; the check-in says where it goes. Needs the
    permission for logistics, too.
    """
    return await request.run(lambda tx: borrowing.receive_lent(tx, request.caller, lending_request, data))


@post(
    "/outgoing/{lending_request:int}/return",
    status_code=200,
    opt=guarded(Permission.ITEM_EDIT, example=Example(path={"lending_request": "{request_to_return}"})),
    summary="Send a borrowed copy home to its municipality",
)
async def return_lent_copy(request: ApiRequest, lending_request: PathId) -> Outgoing:
    return await request.run(lambda tx: borrowing.return_to_lender(tx, request.caller, lending_request))


requests_router = Router(
    path="/lending-requests",
    route_handlers=[
        accept_lending_request,
        list_incoming_requests,
        list_outgoing_requests,
        receive_lent_copy,
        refuse_lending_request,
        return_lent_copy,
        send_to_borrower,
        withdraw_lending_request,
    ],
    tags=["lending"],
)
"""Under /api/v1."""
