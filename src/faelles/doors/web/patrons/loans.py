"""A patron's loans: renewed, lost, said to be handed in; and what they have had, as long as that is kept."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.circulation.loans import losses, operations
from faelles.circulation.loans.model import LossAnswer, LossRequest, RenewalRequest
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import loans_of_patron
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.desk import answers
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.patrons.frame import EDIT, THIS_PATRON, VIEW, PatronFrame, frame_of, patron_page
from faelles.doors.web.request import FormKey, WebRequest
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ItemNumberText
from faelles.ground.ids import PatronId
from faelles.people.model import Caller, Permission
from faelles.privacy.consents.model import ConsentKind, SetConsent
from faelles.privacy.consents.operations import set_consent

_MOST: Final = 200
_A_LOSS: Final = Example(
    path={"patron": "{patron}"}, body={"branch": "{branch}", "item": "{item_number}", "key": "it-is-gone"}
)


class RenewForm(msgspec.Struct, frozen=True, kw_only=True):
    """One loan, or none for all."""

    branch: Id
    key: FormKey
    loan: Id | None = None


class LossForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id
    item: ItemNumberText
    key: FormKey


class ConsentForm(msgspec.Struct, frozen=True, kw_only=True):
    keeps: bool


@get("/patrons/{patron:int}/loans", opt=guarded(VIEW, example=THIS_PATRON))
async def show(
    request: WebRequest,
    patron: PathId,
    closed: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    return await _page(request, patron, closed=closed)


async def _page(
    request: WebRequest,
    patron: int,
    *,
    closed: bool = False,
    refused: Refusal = NOTHING_REFUSED,
    said: tuple[str, ...] = (),
) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, list[LoanShown]]:
        frame = await frame_of(tx, request, patron)
        if not closed:
            return frame, []
        return frame, await loans_of_patron(tx, request.caller, PatronId(patron), is_open=False, limit=_MOST)

    frame, history = await request.run(work)
    return patron_page(
        request,
        "loans",
        frame,
        refused=refused,
        said=said,
        more={"closed": closed, "history": list(reversed(history)), "key": secrets.token_hex(12)},
    )


@post(
    "/patrons/{patron:int}/loans/renew",
    opt=guarded(
        Permission.RENEW,
        example=Example(path={"patron": "{patron}"}, body={"branch": "{branch}", "key": "renew-it-all"}),
    ),
    status_code=200,
)
async def renew(request: WebRequest, patron: PathId) -> Response[bytes]:
    """Each loan is answered by itself; why not, where one was not."""

    async def do() -> Response[bytes]:
        form = await request.typed(RenewForm)
        asked = RenewalRequest(
            branch=form.branch,
            loans=(form.loan,) if form.loan else (),
            patron=None if form.loan else patron,
        )
        renewed = await request.run(lambda tx: operations.renew(tx, request.caller, asked, form.key))
        said = answers.of_renewals(renewed, request, PatronId(patron)).lines
        return await _page(request, patron, said=said)

    return await sent(request, "renew", do, lambda refused: _page(request, patron, refused=refused))


@post("/patrons/{patron:int}/loans/lost", opt=guarded(Permission.LOST, example=_A_LOSS), status_code=200)
async def lose(request: WebRequest, patron: PathId) -> Response[bytes]:
    """It is gone: another one is charged for, and that falls away where it is found in time."""
    return await _lost(request, patron, losses.declare_lost, "web_loss_lost")


@post("/patrons/{patron:int}/loans/claimed", opt=guarded(Permission.LOST, example=_A_LOSS), status_code=200)
async def claim(request: WebRequest, patron: PathId) -> Response[bytes]:
    """The borrower says that it was handed in: the clock stops, and the shelves are searched."""
    return await _lost(request, patron, losses.claim_returned, "web_loss_claimed")


_Verb = Callable[[Transaction, Caller, LossRequest, str | None], Awaitable[LossAnswer]]


async def _lost(request: WebRequest, patron: int, verb: _Verb, code: str) -> Response[bytes]:
    async def do() -> Response[bytes]:
        form = await request.typed(LossForm)
        asked = LossRequest(item=form.item, branch=form.branch)
        answer = await request.run(lambda tx: verb(tx, request.caller, asked, form.key))
        lines = [i18n.text(code, request.language, {"title": answer.item.title if answer.item else form.item})]
        if answer.charged_ore:
            lines.append(i18n.text("web_charged", request.language, {"charged_ore": answer.charged_ore}))
        return await _page(request, patron, said=tuple(lines))

    return await sent(request, "loss", do, lambda refused: _page(request, patron, refused=refused))


@post(
    "/patrons/{patron:int}/history-consent",
    opt=guarded(EDIT, example=Example(path={"patron": "{patron}"}, body={"keeps": "true"})),
)
async def consent(request: WebRequest, patron: PathId) -> Response[bytes]:
    form, keyring = await request.typed(ConsentForm), request.services.keyring
    history = SetConsent(kind=ConsentKind.HISTORY, is_given=form.keeps)
    await request.run(lambda tx: set_consent(tx, request.caller, keyring, PatronId(patron), history))
    return request.go_to(
        f"/patrons/{patron}/loans?closed=true&done={'history_kept' if form.keeps else 'history_ended'}"
    )


router = Router(path="/", route_handlers=[claim, consent, lose, renew, show])
