"""Tills over REST: opening, change and bank, counting at the end of the day."""

from litestar import Router, delete, get, post
from litestar.params import JSONBody

from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.fees.tills import operations
from faelles.fees.tills.model import CashMoved, CloseTill, MoveCash, NewTill, OpenTill, Report, Session, Till
from faelles.people.model import Permission

_OPERATE, _SETUP = Permission.TILL_OPERATE, Permission.MONEY_SETUP
_OPEN_TILL = {"till": "{open_till}"}


@get("/tills", opt=guarded(_OPERATE, example=Example()), summary="The tills in use")
async def list_tills(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[Till]:
    cursor = read_cursor(after, int) or 0
    found = await request.run(lambda tx: operations.list_tills(tx, request.caller, after=cursor, limit=limit))
    return page(found, limit, key=lambda till: till.id)


@post(
    "/tills",
    opt=guarded(_SETUP, example=Example(body={"branch": "{branch}", "name": "Børneskranken"})),
    summary="Set up a till at a branch",
)
async def create_till(request: ApiRequest, data: JSONBody[NewTill]) -> Till:
    return await request.run(lambda tx: operations.create_till(tx, request.caller, data))


@delete(
    "/tills/{till:int}",
    opt=guarded(_SETUP, example=Example(path={"till": "{till}"})),
    summary="Take a till out of use",
)
async def remove_till(request: ApiRequest, till: PathId) -> None:
    """What was done at it stays. One that is open must be closed first."""
    await request.run(lambda tx: operations.remove_till(tx, request.caller, till))


@post(
    "/tills/{till:int}/sessions",
    opt=guarded(_OPERATE, example=Example(path={"till": "{till}"}, body={"float_ore": 50_000})),
    summary="Open a till",
)
async def open_till(request: ApiRequest, till: PathId, data: JSONBody[OpenTill]) -> Session:
    """Payments that name the till go into the session that is open."""
    return await request.run(lambda tx: operations.open_till(tx, request.caller, till, data))


@get(
    "/tills/{till:int}/sessions",
    opt=guarded(_OPERATE, example=Example(path=_OPEN_TILL)),
    summary="A till's sessions",
)
async def list_sessions(request: ApiRequest, till: PathId, limit: Limit = 50, after: After = None) -> Page[Session]:
    """Newest first."""
    before = read_cursor(after, int)
    found = await request.run(lambda tx: operations.list_sessions(tx, request.caller, till, before=before, limit=limit))
    return page(found, limit, key=lambda session: session.id)


@post(
    "/tills/{till:int}/movements",
    opt=guarded(
        _OPERATE,
        example=Example(path=_OPEN_TILL, body={"kind": "withdrawal", "amount_ore": 40_000, "reason": "Til banken"}),
    ),
    summary="Bring change, or take cash to the bank",
)
async def move_cash(
    request: ApiRequest, till: PathId, data: JSONBody[MoveCash], idempotency_key: IdempotencyKey = None
) -> CashMoved:
    return await request.run(lambda tx: operations.move_cash(tx, request.caller, till, data, key=idempotency_key))


@post(
    "/tills/{till:int}/closing",
    opt=guarded(
        _OPERATE, example=Example(path=_OPEN_TILL, body={"counted": [{"means": "cash", "amount_ore": 50_000}]})
    ),
    summary="Count and close a till",
)
async def close_till(request: ApiRequest, till: PathId, data: JSONBody[CloseTill]) -> Report:
    """The cash must be counted; for cards and telephones the terminal's own report can be entered beside it. The answer
    is the closing report, with what is missing or too much.
    """
    return await request.run(lambda tx: operations.close_till(tx, request.caller, till, data))


@get(
    "/till-sessions/{session:int}",
    opt=guarded(_OPERATE, example=Example(path={"session": "{till_session}"})),
    summary="A closing report",
)
async def show_report(request: ApiRequest, session: PathId) -> Report:
    """Of a session that is open: how it stands."""
    return await request.run(lambda tx: operations.report(tx, request.caller, session))


router = Router(
    path="/",
    tags=["tills"],
    route_handlers=[
        list_tills,
        create_till,
        remove_till,
        open_till,
        list_sessions,
        move_cash,
        close_till,
        show_report,
    ],
)
