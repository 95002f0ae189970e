"""Other libraries' copies and counted stock over REST."""

from typing import Final

from litestar import Router, get, post, put
from litestar.params import JSONBody

from faelles.circulation.whereabouts import operations as whereabouts
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId, QueryId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.fields import Id
from faelles.ground.ids import BranchId, ItemId, RecordId
from faelles.items.model import Item, NewPlaceholder
from faelles.items.placeholders import operations as placeholders
from faelles.items.stock import operations as stock
from faelles.items.stock.model import Stock, StockChange, StockCount
from faelles.people.model import Permission

_VIEW: Final = Permission.ITEM_VIEW
_EDIT: Final = Permission.ITEM_EDIT
_A_LOAN_FROM_ELSEWHERE = {
    "record": "{record}",
    "owner_branch": "{branch}",
    "default_placement": "{placement}",
    "material_group": "{material_group}",
    "lender_isil": "DK-820010",
    "lender_due_on": "2030-01-31",
}
_A_COUNT = {"record": "{record}", "placement": "{placement}", "material_group": "{material_group}", "quantity": 28}


# -- Placeholders


@post("/", opt=guarded(_EDIT, example=Example(body=_A_LOAN_FROM_ELSEWHERE)), summary="Another library's copy is coming")
async def expect_placeholder(
    request: ApiRequest, data: JSONBody[NewPlaceholder], idempotency_key: IdempotencyKey = None
) -> Item:
    return await request.run(lambda tx: placeholders.expect_placeholder(tx, request.caller, data, key=idempotency_key))


@post(
    "/{item:int}/receive",
    opt=guarded(_EDIT, example=Example(path={"item": "{expected_placeholder}"})),
    summary="Another library's copy has arrived",
    status_code=200,
)
async def receive_placeholder(request: ApiRequest, item: PathId) -> Item:
    """From now on it is lent like any other."""
    return await request.run(lambda tx: placeholders.receive_placeholder(tx, request.caller, ItemId(item)))


@post(
    "/{item:int}/send-home",
    opt=guarded(_EDIT, example=Example(path={"item": "{received_placeholder}"})),
    summary="Return another library's copy to its owner",
    status_code=200,
)
async def send_placeholder_home(request: ApiRequest, item: PathId) -> Item:
    """Refused while it is on loan."""
    return await request.run(lambda tx: whereabouts.send_placeholder_home(tx, request.caller, ItemId(item)))


placeholder_router = Router(
    path="/placeholders",
    route_handlers=[expect_placeholder, receive_placeholder, send_placeholder_home],
    tags=["items"],
)


# -- Counted stock


@get(
    "/",
    opt=guarded(_VIEW, example=Example(query={"record": "{record}"})),
    summary="Counted stock, of one record or in one branch or all of it",
)
async def list_stock(
    request: ApiRequest, record: QueryId = None, branch: QueryId = None, limit: Limit = 50, after: After = None
) -> Page[Stock]:
    start = read_cursor(after, Id) or 0
    found = await request.read(
        lambda tx: stock.list_stock(
            tx,
            request.caller,
            limit=limit,
            record=None if record is None else RecordId(record),
            branch=None if branch is None else BranchId(branch),
            after=start,
        )
    )
    return page(found.stock, limit, key=lambda kept: kept.id)


@put("/", opt=guarded(_EDIT, example=Example(body=_A_COUNT)), summary="So many copies stand there now")
async def set_stock(request: ApiRequest, data: JSONBody[StockCount]) -> Stock:
    return await request.run(lambda tx: stock.set_stock(tx, request.caller, data))


@post(
    "/{stock_id:int}/change",
    opt=guarded(_EDIT, example=Example(path={"stock_id": "{stock}"}, body={"difference": -1})),
    summary="Some more, or some fewer",
    status_code=200,
)
async def change_stock(
    request: ApiRequest, stock_id: PathId, data: JSONBody[StockChange], idempotency_key: IdempotencyKey = None
) -> Stock:
    return await request.run(
        lambda tx: stock.change_stock(tx, request.caller, stock_id, data.difference, key=idempotency_key)
    )


stock_router = Router(path="/stock", route_handlers=[list_stock, set_stock, change_stock], tags=["items"])
