"""One copy: what it is, where it is and has been, and everything that is done to it."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from faelles.catalog.model import RecordView
from faelles.catalog.operations import view_record
from faelles.circulation.looking.histories import copy_history
from faelles.circulation.looking.model import CopyHistory, CopyShown
from faelles.circulation.looking.operations import show_copy
from faelles.circulation.transit.model import SendItem
from faelles.circulation.transit.operations import send_item
from faelles.circulation.whereabouts.operations import withdraw_items
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.desk.numbers import as_number
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.items.choices import Choices, choices_of
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.fields import Id, ItemNumberText, ShortText
from faelles.ground.ids import ItemId
from faelles.items import operations
from faelles.items.model import Condition, Item, ItemOutcome, NewNote, NoteText, Restoration, Withdrawal
from faelles.items.particulars import operations as particulars
from faelles.people.model import Permission

_VIEW: Final = Permission.ITEM_VIEW
_THIS_ITEM: Final = Example(path={"item": "{item}"})


class ItemPage(msgspec.Struct, frozen=True, kw_only=True):
    desk: Desk
    item: Item
    copy: CopyShown
    title: RecordView
    history: CopyHistory
    choices: Choices


class NoteForm(msgspec.Struct, frozen=True, kw_only=True):
    text: NoteText
    on_checkout: bool = False
    on_return: bool = False


class WithdrawForm(msgspec.Struct, frozen=True, kw_only=True):
    reason: ShortText


class SendForm(msgspec.Struct, frozen=True, kw_only=True):
    item: ItemNumberText
    branch: Id
    to: Id


@get("/items", opt=guarded(_VIEW, example=Example()))
async def find(request: WebRequest, number: Annotated[str, QueryParameter(max_length=100)] = "") -> Response[bytes]:
    """By its number: straight to the copy."""

    async def do() -> Response[Any]:
        wanted = as_number(number.strip())
        if not wanted:
            return await _search_page(request)
        found = await request.read(lambda tx: operations.find_item(tx, request.caller, wanted))
        return request.go_to(f"/items/{found.id}")

    return await sent(request, "find", do, lambda refused: _search_page(request, number, refused))


async def _search_page(request: WebRequest, number: str = "", refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    desk = await request.read(lambda tx: desk_of(tx, request))
    context = {"desk": desk, "number": number, "refused": refused}
    return request.page("items/search.html", context, status=refused.status)


@get("/items/{item:int}", opt=guarded(_VIEW, example=_THIS_ITEM))
async def show(request: WebRequest, item: PathId) -> Response[bytes]:
    return await _page(request, item)


async def _page(request: WebRequest, item: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    page = await request.run(lambda tx: _load(tx, request, ItemId(item)))
    return _shown(request, page, refused)


def _shown(request: WebRequest, page: ItemPage, refused: Refusal) -> Response[bytes]:
    context: Mapping[str, object] = {
        **msgspec.structs.asdict(page),
        "refused": refused,
        "done": request.done_just_now,
        "conditions": tuple(Condition),
    }
    return request.page("items/item.html", context, status=refused.status)


async def _load(tx: Transaction, request: WebRequest, number: ItemId) -> ItemPage:
    caller = request.caller
    item, desk = await operations.view_item(tx, caller, number), await desk_of(tx, request)
    return ItemPage(
        desk=desk,
        item=item,
        copy=await show_copy(tx, caller, item.number),
        title=await view_record(tx, caller, item.record),
        history=await copy_history(tx, caller, number),
        choices=await choices_of(tx, request, desk),
    )


@post(
    "/items/{item:int}/notes",
    opt=guarded(
        Permission.ITEM_EDIT,
        example=Example(path={"item": "{item}"}, body={"text": "Tjek for bilag", "on_return": "true"}),
    ),
)
async def add_note(request: WebRequest, item: PathId) -> Response[bytes]:
    """Said at the desk until somebody dismisses it."""

    async def do() -> Response[Any]:
        form = await request.typed(NoteForm)
        new = NewNote(text=form.text, on_checkout=form.on_checkout, on_return=form.on_return)
        await request.run(lambda tx: particulars.write_note(tx, request.caller, ItemId(item), new))
        return request.go_to(f"/items/{item}?done=note_added#notes")

    return await sent(request, "note", do, lambda refused: _page(request, item, refused))


@post(
    "/items/{item:int}/notes/{note:int}/dismiss",
    opt=guarded(Permission.ITEM_EDIT, example=Example(path={"item": "{item}", "note": "{item_note}"})),
)
async def dismiss_note(request: WebRequest, item: PathId, note: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(lambda tx: particulars.dismiss_note(tx, request.caller, ItemId(item), note))
        return request.go_to(f"/items/{item}?done=note_dismissed#notes")

    return await sent(request, "note", do, lambda refused: _page(request, item, refused))


@post(
    "/items/{item:int}/withdraw",
    opt=guarded(Permission.ITEM_WITHDRAW, example=Example(path={"item": "{item}"}, body={"reason": "Slidt"})),
)
async def withdraw(request: WebRequest, item: PathId) -> Response[bytes]:
    """Out of stock; undone by one click on the page that comes."""

    async def do() -> Response[Any]:
        form = await request.typed(WithdrawForm)
        asked = Withdrawal(items=(item,), reason=form.reason)
        _require_done(await request.run(lambda tx: withdraw_items(tx, request.caller, asked)))
        return request.go_to(f"/items/{item}?done=withdrawn")

    return await sent(request, "withdraw", do, lambda refused: _page(request, item, refused))


@post("/items/{item:int}/restore", opt=guarded(Permission.ITEM_WITHDRAW, example=Example(path={"item": "{item}"})))
async def restore(request: WebRequest, item: PathId) -> Response[bytes]:
    """Back into stock: the withdrawal was a mistake."""

    async def do() -> Response[Any]:
        asked = Restoration(items=(item,))
        _require_done(await request.run(lambda tx: operations.restore(tx, request.caller, asked)))
        return request.go_to(f"/items/{item}?done=restored")

    return await sent(request, "withdraw", do, lambda refused: _page(request, item, refused))


def _require_done(outcomes: list[ItemOutcome]) -> None:
    """Raises ConflictError with the reason where the copy was left as it is."""
    for outcome in outcomes:
        if outcome.refused is not None:
            raise ConflictError(outcome.refused)


@post(
    "/items/{item:int}/send",
    opt=guarded(
        Permission.LOGISTICS,
        example=Example(
            path={"item": "{item}"}, body={"item": "{item_number}", "branch": "{branch}", "to": "{suburb}"}
        ),
    ),
)
async def send(request: WebRequest, item: PathId) -> Response[bytes]:
    """To another branch; where it belongs does not change by that."""

    async def do() -> Response[Any]:
        form = await request.typed(SendForm)
        asked = SendItem(item=form.item, branch=form.branch, to=form.to)
        await request.run(lambda tx: send_item(tx, request.caller, asked))
        return request.go_to(f"/items/{item}?done=item_sent")

    return await sent(request, "send", do, lambda refused: _page(request, item, refused))


router = Router(path="/", route_handlers=[add_note, dismiss_note, find, restore, send, show, withdraw])
