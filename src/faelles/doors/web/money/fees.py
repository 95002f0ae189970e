"""A patron's account: what is owed and for what, paying all or a part, charging by hand, taking back."""

import secrets
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery, QueryParameter

from faelles.circulation.expected.model import ExpectedFee
from faelles.circulation.expected.operations import expected_fees
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.money.amounts import AmountText, above_nothing, kroner_text
from faelles.doors.web.patrons.frame import THIS_PATRON, PatronFrame, frame_of, patron_page
from faelles.doors.web.request import FormKey, WebRequest
from faelles.fees.claims.operations import show_receipt
from faelles.fees.desk import operations
from faelles.fees.desk.model import ClaimLine, ManualCharge, ManualKind, Means, Pay, Receipt, Reverse, StatementLine
from faelles.fees.tills.model import Till
from faelles.fees.tills.operations import list_tills
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.fields import Id, ShortText
from faelles.ground.ids import PatronId
from faelles.people.model import Permission

_VIEW: Final = Permission.FEE_VIEW
_MOST: Final = 100
_DESK_MEANS: Final = (Means.CASH, Means.CARD, Means.MOBILE, Means.BANK)
Reference = Annotated[str, QueryParameter(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class PayForm(msgspec.Struct, frozen=True, kw_only=True):
    """What is paid at the desk, in kroner; for the chosen claims, else for the oldest first."""

    branch: Id
    amount: AmountText
    means: Means
    reference: FormKey
    charges: tuple[Id, ...] | Id = ()
    till: Id | None = None

    @property
    def chosen(self) -> tuple[int, ...]:
        return self.charges if isinstance(self.charges, tuple) else (self.charges,)


class ChargeForm(msgspec.Struct, frozen=True, kw_only=True):
    branch: Id
    kind: ManualKind
    amount: AmountText
    reason: ShortText
    key: FormKey


class ReverseForm(msgspec.Struct, frozen=True, kw_only=True):
    """`till`: of a payment, where the money is taken from."""

    branch: Id
    reason: ShortText
    till: Id | None = None


@get("/patrons/{patron:int}/fees", opt=guarded(_VIEW, example=THIS_PATRON))
async def show(
    request: WebRequest,
    patron: PathId,
    all: FromQuery[bool] = False,  # noqa: A002, FBT002 - its name in the address
) -> Response[bytes]:
    return await _page(request, patron, all_claims=all)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    frame: PatronFrame
    claims: list[ClaimLine]
    entries: list[StatementLine]
    expected: list[ExpectedFee]
    tills: list[Till]


async def _page(
    request: WebRequest, patron: int, *, all_claims: bool = False, refused: Refusal = NOTHING_REFUSED
) -> Response[bytes]:
    chosen = frozenset(str(each) for each in (await request.form()).getall("charges", []))
    account = await request.run(lambda tx: _account(tx, request, PatronId(patron), all_claims=all_claims))
    own = [each for each in account.claims if each.for_patron == patron]
    payable = [each for each in own if each.outstanding_ore > 0]
    more = {
        "claims": account.claims,
        "entries": account.entries,
        "expected": account.expected,
        "tills": account.tills,
        "all_claims": all_claims,
        "payable": payable,
        "chosen": chosen,
        "payable_text": kroner_text(sum(each.outstanding_ore for each in payable)),
        "means": _DESK_MEANS,
        "reversed": {each.reverses for each in account.entries},
        "key": f"desk-{secrets.token_hex(12)}",
        "kinds": tuple(ManualKind),
    }
    return patron_page(request, "fees", account.frame, refused=refused, more=more)


async def _account(tx: Transaction, request: WebRequest, patron: PatronId, *, all_claims: bool) -> Account:
    caller = request.caller
    frame = await frame_of(tx, request, patron)
    only_open = not all_claims
    return Account(
        frame=frame,
        claims=await operations.claims(
            tx, caller, patron, only_open=only_open, before=None, limit=_MOST, is_known=True
        ),
        entries=await operations.statement(tx, caller, patron, before=None, limit=_MOST, is_known=True),
        expected=await expected_fees(tx, caller, patron) if frame.panel.overdue else [],
        tills=await tills_at(tx, request, frame.desk.branch.id),
    )


async def tills_at(tx: Transaction, request: WebRequest, branch: int) -> list[Till]:
    """Those that are open at the branch, for somebody who may take money there."""
    if not request.caller.may(Permission.TILL_OPERATE):
        return []
    tills = await list_tills(tx, request.caller, after=0, limit=_MOST)
    return [each for each in tills if each.branch == branch and each.session is not None]


@post(
    "/patrons/{patron:int}/payments",
    opt=guarded(
        Permission.FEE_PAY,
        example=Example(
            path={"patron": "{patron}"},
            body={"branch": "{branch}", "amount": "1,00", "means": "cash", "reference": "desk-0123456789"},
        ),
    ),
)
async def pay(request: WebRequest, patron: PathId) -> Response[bytes]:
    """Sent twice, it is taken once: the reference is the form's own. Afterwards the receipt."""

    async def do() -> Response[Any]:
        form = await request.typed(PayForm)
        if form.means not in _DESK_MEANS:
            raise invalid_field("means", "means_not_at_desk")
        paid = Pay(
            branch=form.branch,
            amount_ore=above_nothing(form.amount),
            means=form.means,
            reference=form.reference,
            charges=form.chosen,
            till=form.till,
        )
        receipt = await request.run(lambda tx: operations.pay(tx, request.caller, PatronId(patron), paid))
        return request.go_to(f"/patrons/{patron}/receipt?reference={receipt.reference}")

    return await sent(request, "pay", do, lambda refused: _page(request, patron, refused=refused))


@get(
    "/patrons/{patron:int}/receipt",
    opt=guarded(_VIEW, example=Example(path={"patron": "{payer}"}, query={"reference": "{paid_reference}"})),
)
async def receipt(request: WebRequest, patron: PathId, reference: Reference) -> Response[bytes]:
    """To print, and to print once more."""

    async def work(tx: Transaction) -> tuple[PatronFrame, Receipt, list[ClaimLine]]:
        frame, caller = await frame_of(tx, request, patron), request.caller
        found = await show_receipt(tx, caller, PatronId(patron), reference, is_known=True)
        lines = await operations.claims(
            tx, caller, PatronId(patron), only_open=False, before=None, limit=_MOST, is_known=True
        )
        return frame, found, lines

    frame, found, claims = await request.run(work)
    more = {"receipt": found, "claims": {each.charge: each for each in claims}}
    return patron_page(request, "receipt", frame, more=more)


@post(
    "/patrons/{patron:int}/charges",
    opt=guarded(
        Permission.FEE_CHARGE,
        example=Example(
            path={"patron": "{patron}"},
            body={
                "branch": "{branch}",
                "kind": "manual",
                "amount": "25",
                "reason": "Kopier",
                "key": "desk-0123456789",
            },
        ),
    ),
)
async def charge(request: WebRequest, patron: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(ChargeForm)
        asked = ManualCharge(
            branch=form.branch, kind=form.kind, amount_ore=above_nothing(form.amount), reason=form.reason
        )
        await request.run(
            lambda tx: operations.charge_manually(tx, request.caller, PatronId(patron), asked, key=form.key)
        )
        return request.go_to(f"/patrons/{patron}/fees?done=charged")

    return await sent(request, "charge", do, lambda refused: _page(request, patron, refused=refused))


@post(
    "/patrons/{patron:int}/ledger/{entry:int}/reverse",
    opt=guarded(
        _VIEW,
        example=Example(
            path={"patron": "{patron}", "entry": "{ledger_entry}"},
            body={"branch": "{branch}", "reason": "Slået forkert ind"},
        ),
    ),
)
async def reverse(request: WebRequest, patron: PathId, entry: PathId) -> Response[bytes]:
    """A payment handed back, a waiver or a charge by hand taken back: once."""

    async def do() -> Response[Any]:
        form = await request.typed(ReverseForm)
        asked = Reverse(branch=form.branch, reason=form.reason, till=form.till)
        await request.run(lambda tx: operations.reverse(tx, request.caller, entry, PatronId(patron), asked))
        return request.go_to(f"/patrons/{patron}/fees?all=true&done=reversed")

    return await sent(request, "reverse", do, lambda refused: _page(request, patron, refused=refused))


router = Router(path="/", route_handlers=[charge, pay, receipt, reverse, show])
