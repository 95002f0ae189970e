"""Crates between branches: packed with a scan for each copy, sent, received; and what in one was not scanned yet."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.transit import crates
from faelles.circulation.transit.model import CrateLabel, PackCrate, PutInCrate, PutOutcome
from faelles.circulation.transit.operations import list_journeys
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.lists.picks import Position
from faelles.doors.web.place import desk_of
from faelles.doors.web.request import FormKey, WebRequest, read_as
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, LongText
from faelles.people.model import Permission

_LOGISTICS: Final = Permission.LOGISTICS
_PAGE: Final = 100
_LIST: Final = "/lists/crates"
_MOST_COPIES: Final = 500


class PackForm(msgspec.Struct, frozen=True, kw_only=True):
    label: CrateLabel
    branch: Id
    to: Id
    key: FormKey


class PutForm(msgspec.Struct, frozen=True, kw_only=True):
    """`items`: one number a line, as a scanner writes them: no scan waits for a page."""

    items: LongText


@get(_LIST, opt=guarded(_LOGISTICS, example=Example()))
async def show_all(request: WebRequest, after: Position = 0) -> Response[bytes]:
    """Those being packed or on their way, from this branch and to it."""
    return await _all(request, after)


async def _all(request: WebRequest, after: int = 0, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        here = desk.branch.id
        found = await crates.list_crates(tx, request.caller, branch=here, after=after, limit=_PAGE)
        return {
            "desk": desk,
            "going": [each for each in found if each.from_branch == here],
            "coming": [each for each in found if each.to_branch == here],
            "more": found[-1].id if len(found) == _PAGE else None,
        }

    more = {"refused": refused, "done": request.done_just_now, "key": f"desk-{secrets.token_hex(8)}"}
    return request.page("lists/crates.html", await request.read(work) | more, status=refused.status)


@post(
    _LIST,
    opt=guarded(
        _LOGISTICS,
        example=Example(body={"label": "T-18", "branch": "{branch}", "to": "{suburb}", "key": "one-crate-more"}),
    ),
)
async def pack(request: WebRequest) -> Response[bytes]:
    """A crate is opened, and its own page takes the scans."""

    async def do() -> Response[Any]:
        form = await request.typed(PackForm)
        wanted = PackCrate(label=form.label, branch=form.branch, to=form.to)
        made = await request.run(lambda tx: crates.pack_crate(tx, request.caller, wanted, form.key))
        return request.go_to(f"{_LIST}/{made.id}?done=crate_opened")

    return await sent(request, "crate", do, lambda refused: _all(request, refused=refused))


@get(_LIST + "/{crate:int}", opt=guarded(_LOGISTICS, example=Example(path={"crate": "{crate}"})))
async def show(request: WebRequest, crate: PathId) -> Response[bytes]:
    return await _one(request, crate)


async def _one(
    request: WebRequest, crate: int, refused: Refusal = NOTHING_REFUSED, misfits: Sequence[str] = ()
) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        return {
            "desk": await desk_of(tx, request),
            "crate": await crates.show_crate(tx, request.caller, crate),
            "copies": await list_journeys(tx, request.caller, crate=crate, limit=_MOST_COPIES),
        }

    context = await request.read(work) | {"refused": refused, "misfits": misfits, "done": request.done_just_now}
    return request.page("lists/crate.html", context, status=refused.status)


@post(
    _LIST + "/{crate:int}/copies",
    opt=guarded(_LOGISTICS, example=Example(path={"crate": "{crate}"}, body={"items": "{travelling_item_number}"})),
    status_code=200,
)
async def put(request: WebRequest, crate: PathId) -> Response[bytes]:
    """A stack of scans; what does not travel the crate's way stays out of it, and in the field."""

    async def do() -> Response[Any]:
        scans = (await request.typed(PutForm)).items.split()
        wanted = read_as(PutInCrate, {"items": list(dict.fromkeys(scans))})
        answers = await request.run(lambda tx: crates.put_in_crate(tx, request.caller, crate, wanted))
        misfits = [each.item for each in answers if each.outcome is not PutOutcome.PACKED]
        if misfits:
            return await _one(request, crate, misfits=misfits)
        return request.go_to(f"{_LIST}/{crate}?done=crate_filled")

    return await sent(request, "put", do, lambda refused: _one(request, crate, refused))


@post(_LIST + "/{crate:int}/sent", opt=guarded(_LOGISTICS, example=Example(path={"crate": "{crate}"})))
async def send(request: WebRequest, crate: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(lambda tx: crates.send_crate(tx, request.caller, crate))
        return request.go_to(f"{_LIST}?done=crate_sent")

    return await sent(request, "crate", do, lambda refused: _one(request, crate, refused))


@post(_LIST + "/{crate:int}/received", opt=guarded(_LOGISTICS, example=Example(path={"crate": "{sent_crate}"})))
async def receive(request: WebRequest, crate: PathId) -> Response[bytes]:
    """It is here; its page says what is still to be scanned out of it."""

    async def do() -> Response[Any]:
        await request.run(lambda tx: crates.receive_crate(tx, request.caller, crate))
        return request.go_to(f"{_LIST}/{crate}?done=crate_received")

    return await sent(request, "crate", do, lambda refused: _one(request, crate, refused))


router = Router(path="/", route_handlers=[pack, put, receive, send, show, show_all])
