"""Lending between municipalities: what they ask of us, what we ask of them, and the copies that go and come."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.desk.issues import titled
from faelles.circulation.sharing import borrowing, lending
from faelles.circulation.sharing.model import ReceivedLent, ReceiveLent, SendToBorrower
from faelles.circulation.transit.slips import slip_lines
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.lists.picks import Position
from faelles.doors.web.place import desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Id
from faelles.people.model import Permission

_LOGISTICS: Final = Permission.LOGISTICS
_PAGE: Final = 100
_LIST: Final = "/lists/lending"


class BranchForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id


@get(_LIST, opt=guarded(_LOGISTICS, example=Example()))
async def show(request: WebRequest, asked_after: Position = 0, asking_after: Position = 0) -> Response[bytes]:
    """A title and how far it has come; for whom only where the patron is ours."""
    return await _page(request, asked_after=asked_after, asking_after=asking_after)


async def _page(
    request: WebRequest,
    *,
    asked_after: int = 0,
    asking_after: int = 0,
    received: ReceivedLent | None = None,
    refused: Refusal = NOTHING_REFUSED,
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        asked = await lending.list_incoming(tx, request.caller, after=asked_after, limit=_PAGE)
        asking = await borrowing.list_outgoing(tx, request.caller, after=asking_after, limit=_PAGE)
        return {
            "desk": await desk_of(tx, request),
            "asked": asked,
            "asking": asking,
            "more_asked": asked[-1].id if len(asked) == _PAGE else None,
            "more_asking": asking[-1].id if len(asking) == _PAGE else None,
        }

    context = await request.read(work) | {
        "refused": refused,
        "done": request.done_just_now,
        "received": received,
        "slip": _slip(received, request),
    }
    return request.page("lists/lending.html", context, status=refused.status)


def _slip(received: ReceivedLent | None, request: WebRequest) -> tuple[str, ...]:
    """What is printed and put into a copy that has just come."""
    if received is None or received.answer.next is None:
        return ()
    item = received.answer.item
    return slip_lines(
        received.answer.next.slip, request.language, title=titled(item, request.language) if item else None
    )


async def _decide(
    request: WebRequest, done: str, decide: Callable[[Transaction], Awaitable[object]]
) -> Response[bytes]:
    """What is decided about a request with one button; where it cannot be, the list says why."""

    async def do() -> Response[bytes]:
        await request.run(decide)
        return request.go_to(f"{_LIST}?done={done}")

    return await sent(request, "lending", do, lambda refused: _page(request, refused=refused))


@post(
    "/lists/lending/asked/{lending_request:int}/accepted",
    opt=guarded(_LOGISTICS, example=Example(path={"lending_request": "{request_to_accept}"})),
)
async def accept(request: WebRequest, lending_request: PathId) -> Response[bytes]:
    return await _decide(
        request, "lending_accepted", lambda tx: lending.accept_request(tx, request.caller, lending_request)
    )


@post(
    "/lists/lending/asked/{lending_request:int}/refused",
    opt=guarded(_LOGISTICS, example=Example(path={"lending_request": "{request_to_refuse}"})),
)
async def refuse(request: WebRequest, lending_request: PathId) -> Response[bytes]:
    return await _decide(
        request, "lending_refused", lambda tx: lending.refuse_request(tx, request.caller, lending_request)
    )


@post(
    "/lists/lending/sent",
    opt=guarded(_LOGISTICS, example=Example(body={"item": "{fetched_item_number}", "branch": "{branch}"})),
)
async def send(request: WebRequest) -> Response[bytes]:
    """A copy that was fetched for them leaves from here."""

    async def do() -> Response[Any]:
        wanted = await request.typed(SendToBorrower)
        await request.run(lambda tx: lending.send_to_borrower(tx, request.caller, wanted))
        return request.go_to(f"{_LIST}?done=lending_sent")

    return await sent(request, "send", do, lambda refused: _page(request, refused=refused))


@post(
    "/lists/lending/asking/{lending_request:int}/withdrawn",
    opt=guarded(_LOGISTICS, example=Example(path={"lending_request": "{request_to_withdraw}"})),
)
async def withdraw(request: WebRequest, lending_request: PathId) -> Response[bytes]:
    return await _decide(
        request, "lending_withdrawn", lambda tx: borrowing.withdraw_request(tx, request.caller, lending_request)
    )


@post(
    "/lists/lending/asking/{lending_request:int}/received",
    opt=guarded(
        Permission.ITEM_EDIT,
        example=Example(path={"lending_request": "{request_to_receive}"}, body={"branch": "{branch}"}),
    ),
    status_code=200,
)
async def receive(request: WebRequest, lending_request: PathId) -> Response[bytes]:
    """Their copy has come here: the page says under which number it is known, and where it goes now."""

    async def do() -> Response[bytes]:
        here = ReceiveLent(branch=(await request.typed(BranchForm)).branch)
        received = await request.run(lambda tx: borrowing.receive_lent(tx, request.caller, lending_request, here))
        return await _page(request, received=received)

    return await sent(request, "lending", do, lambda refused: _page(request, refused=refused))


@post(
    "/lists/lending/asking/{lending_request:int}/returned",
    opt=guarded(Permission.ITEM_EDIT, example=Example(path={"lending_request": "{request_to_return}"})),
)
async def give_back(request: WebRequest, lending_request: PathId) -> Response[bytes]:
    """Their copy goes home."""
    return await _decide(
        request, "lending_returned", lambda tx: borrowing.return_to_lender(tx, request.caller, lending_request)
    )


router = Router(path="/", route_handlers=[accept, give_back, receive, refuse, send, show, withdraw])
