"""What was said to a patron and what came of it; saying it again, and a word by hand."""

import secrets
from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.patrons.frame import EDIT, THIS_PATRON, VIEW, PatronFrame, frame_of, patron_page
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Id
from faelles.ground.ids import PatronId
from faelles.notices.looking import operations
from faelles.notices.looking.model import MessageLine, MessageView, WriteToPatron
from faelles.people.model import Permission

_MOST: Final = 100


class FailedForm(msgspec.Struct, frozen=True, kw_only=True):
    message: Id


class WriteForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    key: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]


@get("/patrons/{patron:int}/messages", opt=guarded(VIEW, example=THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    return await _page(request, patron)


async def _page(request: WebRequest, patron: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, list[MessageLine]]:
        frame = await frame_of(tx, request, patron)
        found = await operations.list_messages(
            tx, request.caller, PatronId(patron), before=None, limit=_MOST, is_known=True
        )
        return frame, found

    frame, messages = await request.run(work)
    more = {"messages": messages, "key": f"desk-{secrets.token_hex(8)}"}
    return patron_page(request, "messages", frame, refused=refused, more=more)


@get("/messages/{message:int}", opt=guarded(VIEW, example=Example(path={"message": "{notice_message}"})))
async def read(request: WebRequest, message: PathId) -> Response[bytes]:
    """Its words, as long as they are kept, and each try to deliver it."""

    async def work(tx: Transaction) -> tuple[Desk, MessageView]:
        return await desk_of(tx, request), await operations.show_message(tx, request.caller, message)

    desk, found = await request.run(work)
    return request.page("patrons/message.html", {"desk": desk, "message": found})


@post(
    "/patrons/{patron:int}/messages/resend",
    opt=guarded(
        Permission.WORKLIST, example=Example(path={"patron": "{patron}"}, body={"message": "{failed_message}"})
    ),
)
async def resend(request: WebRequest, patron: PathId) -> Response[bytes]:
    """By whatever reaches the patron now; what is no longer true is left out."""

    async def do() -> Response[bytes]:
        form = await request.typed(FailedForm)
        await request.run(lambda tx: operations.resend(tx, request.caller, form.message))
        return request.go_to(f"/patrons/{patron}/messages?done=resent")

    return await sent(request, "resend", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/messages/handover",
    opt=guarded(
        Permission.WORKLIST, example=Example(path={"patron": "{patron}"}, body={"message": "{failed_message}"})
    ),
)
async def hand_over(request: WebRequest, patron: PathId) -> Response[bytes]:
    """It was printed and given to the patron."""

    async def do() -> Response[bytes]:
        form = await request.typed(FailedForm)
        await request.run(lambda tx: operations.hand_over(tx, request.caller, form.message))
        return request.go_to(f"/patrons/{patron}/messages?done=handed_over")

    return await sent(request, "resend", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/messages",
    opt=guarded(
        EDIT,
        example=Example(
            path={"patron": "{patron}"},
            body={"branch": "{branch}", "text": "Din taske ligger her", "key": "desk-0123456789"},
        ),
    ),
)
async def write(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(WriteForm)
        asked = WriteToPatron(branch=form.branch, text=form.text.replace("\r\n", "\n"), key=form.key)
        keyring = request.services.keyring
        written = await request.run(
            lambda tx: operations.write_to_patron(tx, request.caller, keyring, PatronId(patron), asked)
        )
        return request.go_to(f"/patrons/{patron}/messages?done={'written' if written.notices else 'not_written'}")

    return await sent(request, "write", do, lambda refused: _page(request, patron, refused))


router = Router(path="/", route_handlers=[hand_over, read, resend, show, write])
