"""The tills of a branch: opened, change brought, counted and closed, and the report at the end of the day."""

import secrets
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.money.amounts import AmountText, ore_of
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sheet import Amount, sheet
from faelles.fees.desk.model import Means
from faelles.fees.tills import operations
from faelles.fees.tills.model import CashMove, CloseTill, Counted, MoveCash, NewTill, OpenTill, Report, Session, Till
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.fields import Id, ShortText
from faelles.ground.money import Ore
from faelles.people.model import Permission

_OPERATE: Final = Permission.TILL_OPERATE
_MOST: Final = 200
_SESSIONS: Final = 50
_THIS_TILL: Final = Example(path={"till": "{open_till}"})


class NewTillForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id
    name: ShortText


class OpenForm(msgspec.Struct, frozen=True, kw_only=True):
    float_ore: AmountText = "0"
    """The change that lies in it, in kroner."""


class MoveForm(msgspec.Struct, frozen=True, kw_only=True):
    kind: CashMove
    amount: AmountText
    reason: ShortText
    key: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]


class CloseForm(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted, in kroner; what nothing is said of was not used."""

    cash: AmountText
    card: AmountText | None = None
    mobile: AmountText | None = None
    bank: AmountText | None = None
    note: ShortText | None = None

    @property
    def counted(self) -> tuple[Counted, ...]:
        typed = {Means.CASH: self.cash, Means.CARD: self.card, Means.MOBILE: self.mobile, Means.BANK: self.bank}
        return tuple(
            Counted(means=means, amount_ore=ore_of(text, means.value)) for means, text in typed.items() if text
        )


@get("/tills", opt=guarded(_OPERATE, example=Example()))
async def show(request: WebRequest) -> Response[bytes]:
    return await _page(request)


async def _page(request: WebRequest, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        tills = await operations.list_tills(tx, request.caller, after=0, limit=_MOST)
        here = [each for each in tills if each.branch == desk.branch.id]
        reports = {each.id: await operations.report(tx, request.caller, each.session) for each in here if each.session}
        return {"desk": desk, "tills": here, "reports": reports}

    context = await request.read(work)
    more = {"refused": refused, "done": request.done_just_now, "key": f"desk-{secrets.token_hex(12)}"}
    return request.page("money/tills.html", context | more, status=refused.status)


@post(
    "/tills",
    opt=guarded(Permission.MONEY_SETUP, example=Example(body={"branch": "{branch}", "name": "Børneskranken"})),
)
async def add(request: WebRequest) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(NewTillForm)
        new = NewTill(branch=form.branch, name=form.name)
        await request.run(lambda tx: operations.create_till(tx, request.caller, new))
        return request.go_to("/tills?done=till_added")

    return await sent(request, "add", do, lambda refused: _page(request, refused))


@post(
    "/tills/{till:int}/open",
    opt=guarded(_OPERATE, example=Example(path={"till": "{till}"}, body={"float_ore": "500,00"})),
)
async def open_till(request: WebRequest, till: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(OpenForm)
        asked = OpenTill(float_ore=ore_of(form.float_ore, "float_ore"))
        await request.run(lambda tx: operations.open_till(tx, request.caller, till, asked))
        return request.go_to("/tills?done=till_opened")

    return await sent(request, f"open{till}", do, lambda refused: _page(request, refused))


@post(
    "/tills/{till:int}/move",
    opt=guarded(
        _OPERATE,
        example=Example(
            path={"till": "{open_till}"},
            body={"kind": "deposit", "amount": "100", "reason": "Byttepenge", "key": "desk-0123456789"},
        ),
    ),
)
async def move(request: WebRequest, till: PathId) -> Response[bytes]:
    """Change brought, or money taken to the bank."""

    async def do() -> Response[Any]:
        form = await request.typed(MoveForm)
        asked = MoveCash(kind=form.kind, amount_ore=ore_of(form.amount, "amount"), reason=form.reason)
        await request.run(lambda tx: operations.move_cash(tx, request.caller, till, asked, key=form.key))
        return request.go_to("/tills?done=cash_moved")

    return await sent(request, f"move{till}", do, lambda refused: _page(request, refused))


@post(
    "/tills/{till:int}/close",
    opt=guarded(_OPERATE, example=Example(path={"till": "{open_till}"}, body={"cash": "500,00", "card": "0"})),
)
async def close(request: WebRequest, till: PathId) -> Response[bytes]:
    """Counted and closed; what is missing or too much stands in the report."""

    async def do() -> Response[Any]:
        form = await request.typed(CloseForm)
        asked = CloseTill(counted=form.counted, note=form.note)
        report = await request.run(lambda tx: operations.close_till(tx, request.caller, till, asked))
        return request.go_to(f"/tills/{till}/sessions/{report.session.id}?done=till_closed")

    return await sent(request, f"close{till}", do, lambda refused: _page(request, refused))


@get("/tills/{till:int}", opt=guarded(_OPERATE, example=_THIS_TILL))
async def sessions(request: WebRequest, till: PathId) -> Response[bytes]:
    """A till's sessions, newest first."""

    async def work(tx: Transaction) -> tuple[Desk, Till, list[Session]]:
        tills = await operations.list_tills(tx, request.caller, after=till - 1, limit=1)
        if not tills or tills[0].id != till:
            raise NotFoundError("till_unknown")
        found = await operations.list_sessions(tx, request.caller, till, before=None, limit=_SESSIONS)
        return await desk_of(tx, request), tills[0], found

    desk, found, listed = await request.read(work)
    return request.page("money/sessions.html", {"desk": desk, "till": found, "sessions": listed})


@get(
    "/tills/{till:int}/sessions/{session:int}",
    opt=guarded(_OPERATE, example=Example(path={"till": "{open_till}", "session": "{till_session}"})),
)
async def report(
    request: WebRequest,
    till: PathId,
    session: PathId,
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    """The report at the end of the day, to print or as a spreadsheet; how an open session stands."""

    async def work(tx: Transaction) -> tuple[Desk, Report]:
        return await desk_of(tx, request), await operations.report(tx, request.caller, session)

    desk, found = await request.read(work)
    if csv:
        return _report_as_sheet(request, found)
    context = {"desk": desk, "report": found, "till": till, "done": request.done_just_now}
    return request.page("money/report.html", context)


_HEADINGS: Final = (
    "web_means",
    "web_payments_count",
    "web_taken",
    "web_paid_back",
    "web_moved",
    "web_expected",
    "web_counted_sum",
    "web_difference",
)


def _report_as_sheet(request: WebRequest, found: Report) -> Response[bytes]:
    def amount(ore: Ore | None) -> Amount | None:
        return None if ore is None else Amount(ore)

    rows = [
        (
            i18n.text(f"means_{line.means}", request.language),
            line.payments,
            amount(line.taken_ore),
            amount(line.paid_back_ore),
            amount(line.moved_ore),
            amount(line.expected_ore),
            amount(line.counted_ore),
            amount(line.difference_ore),
        )
        for line in found.lines
    ]
    return sheet(request, f"till-{found.session.till}-{found.session.id}", _HEADINGS, rows)


router = Router(path="/", route_handlers=[add, close, move, open_till, report, sessions, show])
