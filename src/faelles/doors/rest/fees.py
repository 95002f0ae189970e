"""Money over REST: what patrons owe, paying, waiving, reducing, reversing, charging by hand; and one's own account."""

from collections.abc import Sequence

import msgspec
from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from faelles.doors.rest.access import Example, guarded, own_account
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.fees.desk import operations
from faelles.fees.desk.model import (
    Balance,
    Charged,
    ClaimLine,
    Forgive,
    Forgiven,
    ManualCharge,
    Pay,
    Receipt,
    Reverse,
    Reversed,
    StatementLine,
)
from faelles.fees.model import ChargeKind
from faelles.ground.i18n import Language, text
from faelles.ground.ids import ChargeId, PatronId
from faelles.people.model import Permission

_VIEW = Permission.FEE_VIEW
_THIS_PATRON = {"patron": "{patron}"}
_THIS_CHARGE = {"patron": "{patron}", "charge": "{charge}"}
_THIS_ENTRY = {"patron": "{patron}", "entry": "{ledger_entry}"}
_A_PART = {"branch": "{branch}", "amount_ore": 100, "reason": "Bogen stod på hylden"}


class ShownClaim(ClaimLine, frozen=True, kw_only=True):
    code: str
    text: str
    """What the claim is for, in the caller's language."""


class ShownEntry(StatementLine, frozen=True, kw_only=True):
    code: str
    text: str
    """What happened, in the caller's language."""
    charge_text: str | None
    """What the claim it happened to is for."""


@get("/{patron:int}/balances", opt=guarded(_VIEW, example=Example(path=_THIS_PATRON)), summary="What a patron owes")
async def list_balances(request: ApiRequest, patron: PathId) -> Page[Balance]:
    """One balance for each division that the caller may look into: always one page.

    After the patron's own comes what is owed on the accounts of others, such as a child's, that the patron is liable
    for: `for` says whose. It stands in their balance too, so the two are not added up.
    """
    return Page(items=await _balances(request, PatronId(patron)), next=None)


@get("/{patron:int}/charges", opt=guarded(_VIEW, example=Example(path=_THIS_PATRON)), summary="A patron's claims")
async def list_charges(
    request: ApiRequest,
    patron: PathId,
    only_open: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[ShownClaim]:
    """Newest first, with what is still owed of each and the loans it is for. Those on the accounts of others that the
    patron is liable for are among them: `for` says whose account, and there they are paid.
    """
    return await _charges(request, PatronId(patron), only_open=only_open, limit=limit, after=after)


@get("/{patron:int}/ledger", opt=guarded(_VIEW, example=Example(path=_THIS_PATRON)), summary="A patron's statement")
async def show_statement(
    request: ApiRequest, patron: PathId, limit: Limit = 50, after: After = None
) -> Page[ShownEntry]:
    """Every entry of the ledger, newest first; the balance is their sum."""
    return await _statement(request, PatronId(patron), limit=limit, after=after)


@post(
    "/{patron:int}/charges",
    opt=guarded(
        Permission.FEE_CHARGE,
        example=Example(
            path=_THIS_PATRON,
            body={"branch": "{branch}", "kind": "card", "amount_ore": 2_000, "reason": "Nyt lånerkort"},
        ),
    ),
    summary="Charge something by hand",
)
async def charge_manually(
    request: ApiRequest, patron: PathId, data: JSONBody[ManualCharge], idempotency_key: IdempotencyKey = None
) -> Charged:
    return await request.run(
        lambda tx: operations.charge_manually(tx, request.caller, PatronId(patron), data, key=idempotency_key)
    )


@post(
    "/{patron:int}/payments",
    opt=guarded(
        Permission.FEE_PAY,
        example=Example(
            path=_THIS_PATRON,
            body={"branch": "{branch}", "amount_ore": 100, "means": "card", "reference": "terminal-1/4711"},
        ),
    ),
    summary="Take a payment",
)
async def pay(request: ApiRequest, patron: PathId, data: JSONBody[Pay]) -> Receipt:
    """The reference is the payment's own key: sent again, it gets the first receipt again."""
    return await request.run(lambda tx: operations.pay(tx, request.caller, PatronId(patron), data))


@post(
    "/{patron:int}/charges/{charge:int}/waivers",
    opt=guarded(Permission.FEE_WAIVE, example=Example(path=_THIS_CHARGE, body=_A_PART)),
    summary="Waive a claim, or a part of it",
)
async def waive(
    request: ApiRequest, patron: PathId, charge: PathId, data: JSONBody[Forgive], idempotency_key: IdempotencyKey = None
) -> Forgiven:
    """For a claim that is right, and that the library lets go."""
    return await request.run(
        lambda tx: operations.waive(tx, request.caller, ChargeId(charge), PatronId(patron), data, key=idempotency_key)
    )


@post(
    "/{patron:int}/charges/{charge:int}/reductions",
    opt=guarded(Permission.FEE_WAIVE, example=Example(path=_THIS_CHARGE, body=_A_PART)),
    summary="Reduce a claim that is too high",
)
async def reduce(
    request: ApiRequest, patron: PathId, charge: PathId, data: JSONBody[Forgive], idempotency_key: IdempotencyKey = None
) -> Forgiven:
    return await request.run(
        lambda tx: operations.reduce(tx, request.caller, ChargeId(charge), PatronId(patron), data, key=idempotency_key)
    )


@post(
    "/{patron:int}/ledger/{entry:int}/reversal",
    opt=guarded(_VIEW, example=Example(path=_THIS_ENTRY, body={"branch": "{branch}", "reason": "Slået forkert ind"})),
    summary="Reverse an entry, once",
)
async def reverse(request: ApiRequest, patron: PathId, entry: PathId, data: JSONBody[Reverse]) -> Reversed:
    """For payments, waivers, reductions and charges made by hand; each needs the permission that making it needs."""
    return await request.run(lambda tx: operations.reverse(tx, request.caller, entry, PatronId(patron), data))


@get("/balances", opt=own_account(example=Example()), summary="What I owe")
async def list_own_balances(request: ApiRequest) -> Page[Balance]:
    return Page(items=await _balances(request, request.caller.oneself()), next=None)


@get("/charges", opt=own_account(example=Example()), summary="What I am asked to pay for")
async def list_own_charges(
    request: ApiRequest,
    only_open: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[ShownClaim]:
    return await _charges(request, request.caller.oneself(), only_open=only_open, limit=limit, after=after)


@get("/ledger", opt=own_account(example=Example()), summary="My statement")
async def show_own_statement(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[ShownEntry]:
    return await _statement(request, request.caller.oneself(), limit=limit, after=after)


async def _balances(request: ApiRequest, patron: PatronId) -> Sequence[Balance]:
    return await request.run(lambda tx: operations.balances(tx, request.caller, patron))


async def _charges(
    request: ApiRequest, patron: PatronId, *, only_open: bool, limit: int, after: str | None
) -> Page[ShownClaim]:
    before = read_cursor(after, int)
    lines = await request.run(
        lambda tx: operations.claims(tx, request.caller, patron, only_open=only_open, before=before, limit=limit)
    )
    return page([_claim(line, request.language) for line in lines], limit, key=lambda line: line.charge)


async def _statement(request: ApiRequest, patron: PatronId, *, limit: int, after: str | None) -> Page[ShownEntry]:
    before = read_cursor(after, int)
    lines = await request.run(lambda tx: operations.statement(tx, request.caller, patron, before=before, limit=limit))
    return page([_entry(line, request.language) for line in lines], limit, key=lambda line: line.entry)


def _claim(line: ClaimLine, language: Language) -> ShownClaim:
    code = _charge_code(line.kind, line.step)
    return ShownClaim(**msgspec.structs.asdict(line), code=code, text=text(code, language))


def _entry(line: StatementLine, language: Language) -> ShownEntry:
    code = f"entry_{line.kind}"
    charge_text = None
    if line.charge_kind is not None and line.step is not None:
        charge_text = text(_charge_code(line.charge_kind, line.step), language)
    return ShownEntry(**msgspec.structs.asdict(line), code=code, text=text(code, language), charge_text=charge_text)


def _charge_code(kind: ChargeKind, step: int) -> str:
    return f"charge_{kind}_{step}" if kind is ChargeKind.OVERDUE else f"charge_{kind}"


router = Router(
    path="/",
    route_handlers=[
        Router(
            path="/patrons",
            route_handlers=[
                list_balances,
                list_charges,
                show_statement,
                charge_manually,
                pay,
                waive,
                reduce,
                reverse,
            ],
        ),
        Router(path="/own", route_handlers=[list_own_balances, list_own_charges, show_own_statement]),
    ],
    tags=["fees"],
)
