"""A patron's page: who it is, what they have, wait for and owe. No name stands in an address: searches are forms."""

import secrets
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.holds import changing
from faelles.circulation.holds.model import CancelHolds
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.desk.panel import Panel, panel_of
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.fees.desk.model import ClaimLine, Means, Pay
from faelles.fees.desk.operations import claims, pay
from faelles.ground.database import Transaction
from faelles.ground.fields import AmountOre, Id
from faelles.ground.ids import PatronId
from faelles.patrons.looking.model import AccessEntry, PatronSummary, SearchPatrons
from faelles.patrons.looking.operations import access_report, search
from faelles.people.model import Permission

_MOST_CLAIMS = 100
_MOST_LOOKS = 50
_VIEW = Permission.PATRON_VIEW
_THIS_PATRON = Example(path={"patron": "{patron}"})


class SearchForm(msgspec.Struct, frozen=True, kw_only=True):
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""


class PayForm(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid at the desk; `reference` is the receipt's."""

    branch: Id
    amount_ore: AmountOre
    means: Means
    reference: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]


class CancelForm(msgspec.Struct, frozen=True, kw_only=True):
    hold: Id


class PatronPage(msgspec.Struct, frozen=True, kw_only=True):
    desk: Desk
    panel: Panel
    claims: list[ClaimLine]
    looks: list[AccessEntry]
    reference: str
    """What a payment from this page is called: sent twice, it is one."""


@get("/patrons", opt=guarded(_VIEW, example=Example()))
async def ask(request: WebRequest) -> Response[bytes]:
    desk = await request.read(lambda tx: desk_of(tx, request))
    return request.page("patrons/search.html", {"desk": desk, "form": SearchForm(), "people": None})


@post("/patrons", opt=guarded(_VIEW, example=Example(body={"name": "Hansen"})), status_code=200)
async def find(request: WebRequest) -> Response[bytes]:
    form = await request.typed(SearchForm)

    async def work(tx: Transaction) -> tuple[Desk, list[PatronSummary]]:
        return await desk_of(tx, request), await search(tx, request.caller, SearchPatrons(name=form.name or None))

    desk, people = await request.run(work)
    return request.page("patrons/search.html", {"desk": desk, "form": form, "people": people})


@get("/patrons/{patron:int}", opt=guarded(_VIEW, example=_THIS_PATRON))
async def show(request: WebRequest, patron: PathId) -> Response[bytes]:
    page = await request.run(lambda tx: _page(tx, request, PatronId(patron)))
    return request.page("patrons/patron.html", msgspec.structs.asdict(page))


async def _page(tx: Transaction, request: WebRequest, patron: PatronId) -> PatronPage:
    caller = request.caller
    may_see_fees = caller.may(Permission.FEE_VIEW)
    return PatronPage(
        desk=await desk_of(tx, request),
        panel=await panel_of(tx, caller, patron),
        claims=await claims(tx, caller, patron, only_open=True, before=None, limit=_MOST_CLAIMS)
        if may_see_fees
        else [],
        looks=await access_report(tx, caller, patron, limit=_MOST_LOOKS),
        reference=f"desk-{secrets.token_hex(12)}",
    )


@post(
    "/patrons/{patron:int}/payments",
    opt=guarded(
        Permission.FEE_PAY,
        example=Example(
            path={"patron": "{patron}"},
            body={"branch": "{branch}", "amount_ore": 100, "means": "cash", "reference": "desk-0123456789"},
        ),
    ),
)
async def take_payment(request: WebRequest, patron: PathId) -> Response[bytes]:
    """For the oldest debts first. Sent twice, it is taken once: the reference is the form's own."""
    form = await request.typed(PayForm)
    paid = Pay(branch=form.branch, amount_ore=form.amount_ore, means=form.means, reference=form.reference)
    await request.run(lambda tx: pay(tx, request.caller, PatronId(patron), paid))
    return request.go_to(f"/patrons/{patron}#fees")


@post(
    "/patrons/{patron:int}/holds/cancel",
    opt=guarded(Permission.HOLD_PLACE, example=Example(path={"patron": "{patron}"}, body={"hold": "{planned_hold}"})),
)
async def cancel_hold(request: WebRequest, patron: PathId) -> Response[bytes]:
    form = await request.typed(CancelForm)
    await request.run(lambda tx: changing.cancel_holds(tx, request.caller, CancelHolds(holds=(form.hold,))))
    return request.go_to(f"/patrons/{patron}#holds")


router = Router(path="/", route_handlers=[ask, cancel_hold, find, show, take_payment])
