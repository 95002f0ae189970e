"""What a patron is recognised by, the PIN, and what stands against them."""

from datetime import date
from typing import Any, Final, Literal

import msgspec
from litestar import Response, Router, get, post

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.patrons.frame import EDIT, THIS_PATRON, VIEW, frame_of, patron_page
from faelles.doors.web.request import WebRequest
from faelles.fees.cards.operations import replace_card_for_fee
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import PatronId
from faelles.notices.links.operations import send_pin_reset
from faelles.patrons.blocks import operations as blocks
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.identification import operations as identification
from faelles.patrons.identification.model import EndIdentifier, ReplaceCard, SetPin
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import IdentifierText, NewIdentifier, Pin
from faelles.people.model import Permission

_SECRET: Final = frozenset({"pin", "value"})

Why = Literal["lost", "stolen", "replaced", "corrected"]


class CardForm(msgspec.Struct, frozen=True, kw_only=True):
    """A card that no longer holds, and the one in its place; with none the patron is left without."""

    identifier: Id
    why: Why
    card: IdentifierText | None = None


class IdentifierForm(msgspec.Struct, frozen=True, kw_only=True):
    kind: IdentifierKind
    value: IdentifierText

    def __repr__(self) -> str:
        return "IdentifierForm()"


class EndForm(msgspec.Struct, frozen=True, kw_only=True):
    why: Why


class PinForm(msgspec.Struct, frozen=True, kw_only=True):
    pin: Pin

    def __repr__(self) -> str:
        return "PinForm()"


class BlockForm(msgspec.Struct, frozen=True, kw_only=True):
    code: BlockCode
    reason: ShortText | None = None
    division: Id | None = None
    ends_on: date | None = None


@get("/patrons/{patron:int}/cards", opt=guarded(VIEW, example=THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    return await _page(request, patron)


async def _page(request: WebRequest, patron: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    frame = await request.run(lambda tx: frame_of(tx, request, patron))
    return patron_page(request, "cards", frame, refused=refused, more={"codes": tuple(BlockCode)})


@post(
    "/patrons/{patron:int}/cards/replace",
    opt=guarded(
        EDIT,
        example=Example(
            path={"patron": "{patron}"}, body={"identifier": "{patron_identifier}", "why": "lost", "card": "NY99999999"}
        ),
    ),
)
async def replace_card(request: WebRequest, patron: PathId) -> Response[bytes]:
    """A new card for one that was lost may cost something: it is on the patron's account then."""

    async def do() -> Response[Any]:
        form = await request.typed(CardForm)
        asked = ReplaceCard(identifier=form.identifier, why=form.why, card=form.card)
        replaced = await request.run(
            lambda tx: replace_card_for_fee(tx, request.caller, request.services.keyring, PatronId(patron), asked)
        )
        done = "card_charged" if replaced.charged_ore else "card_replaced"
        return request.go_to(f"/patrons/{patron}/cards?done={done}")

    return await sent(request, "card", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/identifiers",
    opt=guarded(
        EDIT,
        example=Example(path={"patron": "{patron}"}, body={"kind": "email", "value": "ny@example.org"}),
    ),
)
async def add(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(IdentifierForm)
        new = NewIdentifier(form.kind, form.value)
        keyring = request.services.keyring
        await request.run(lambda tx: identification.add_identifier(tx, request.caller, keyring, PatronId(patron), new))
        return request.go_to(f"/patrons/{patron}/cards?done=identifier_added")

    return await sent(request, "identifier", do, lambda refused: _page(request, patron, refused), secret=_SECRET)


@post(
    "/patrons/{patron:int}/identifiers/{identifier:int}/end",
    opt=guarded(
        EDIT,
        example=Example(path={"patron": "{patron}", "identifier": "{patron_identifier}"}, body={"why": "corrected"}),
    ),
)
async def end(request: WebRequest, patron: PathId, identifier: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(EndForm)
        asked = EndIdentifier(why=form.why)
        await request.run(
            lambda tx: identification.end_identifier(tx, request.caller, PatronId(patron), identifier, asked)
        )
        return request.go_to(f"/patrons/{patron}/cards?done=identifier_ended")

    return await sent(request, "card", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/pin", opt=guarded(EDIT, example=Example(path={"patron": "{patron}"}, body={"pin": "9876"}))
)
async def set_pin(request: WebRequest, patron: PathId) -> Response[bytes]:
    """The patron types it. What was failed with the old one is forgotten."""

    async def do() -> Response[Any]:
        form = await request.typed(PinForm)
        keyring = request.services.keyring
        await request.run(
            lambda tx: identification.set_pin(tx, request.caller, keyring, PatronId(patron), SetPin(form.pin))
        )
        return request.go_to(f"/patrons/{patron}/cards?done=pin_set")

    return await sent(request, "pin", do, lambda refused: _page(request, patron, refused), secret=_SECRET)


@post("/patrons/{patron:int}/pin/mail", opt=guarded(EDIT, example=THIS_PATRON))
async def mail_pin_link(request: WebRequest, patron: PathId) -> Response[bytes]:
    """A link with which the patron chooses a new one."""

    async def do() -> Response[Any]:
        services = request.services
        await request.run(
            lambda tx: send_pin_reset(tx, request.caller, services.keyring, services.installation, PatronId(patron))
        )
        return request.go_to(f"/patrons/{patron}/cards?done=pin_mailed")

    return await sent(request, "pin", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/blocks",
    opt=guarded(
        Permission.PATRON_BLOCK,
        example=Example(path={"patron": "{patron}"}, body={"code": "M", "reason": "Har en nøgle med hjem"}),
    ),
)
async def set_block(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(BlockForm)
        asked = SetBlock(code=form.code, division=form.division, reason=form.reason, ends_on=form.ends_on)
        await request.run(lambda tx: blocks.set_block(tx, request.caller, PatronId(patron), asked))
        return request.go_to(f"/patrons/{patron}/cards?done=block_set#blocks")

    return await sent(request, "block", do, lambda refused: _page(request, patron, refused))


@post(
    "/patrons/{patron:int}/blocks/{block:int}/lift",
    opt=guarded(Permission.PATRON_BLOCK, example=Example(path={"patron": "{patron}", "block": "{block}"})),
)
async def lift_block(request: WebRequest, patron: PathId, block: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(lambda tx: blocks.lift_block(tx, request.caller, PatronId(patron), block))
        return request.go_to(f"/patrons/{patron}/cards?done=block_lifted#blocks")

    return await sent(request, "block", do, lambda refused: _page(request, patron, refused))


router = Router(path="/", route_handlers=[add, end, lift_block, mail_pin_link, replace_card, set_block, set_pin, show])
