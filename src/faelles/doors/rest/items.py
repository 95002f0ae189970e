"""Copies over REST: register, change, find, list, withdraw and take back; their parts and notes."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody, PathParameter
from msgspec import Meta

from faelles.circulation.whereabouts import operations as whereabouts
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathCode, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.fields import Id
from faelles.ground.ids import AgencyId, BranchId, ItemId, RecordId
from faelles.items import operations
from faelles.items.model import (
    Item,
    ItemChange,
    ItemOutcome,
    NewItem,
    NewNote,
    NumberSeries,
    Part,
    Restoration,
    Withdrawal,
)
from faelles.items.particulars import operations as particulars
from faelles.people.model import Permission

_VIEW: Final = Permission.ITEM_VIEW
_EDIT: Final = Permission.ITEM_EDIT
_WITHDRAW: Final = Permission.ITEM_WITHDRAW
_THIS_ITEM = {"item": "{item}"}
_A_COPY = {
    "record": "{record}",
    "owner_branch": "{branch}",
    "default_placement": "{placement}",
    "material_group": "{material_group}",
}
_EACH_ANSWERED = "each item is answered for itself: another agency's is unknown"

PathPart = Annotated[int, PathParameter(ge=1, le=99)]


class Owners(msgspec.Struct, frozen=True, kw_only=True):
    """Agencies by id; the directory of agencies has their names."""

    agencies: Sequence[AgencyId]


class Parts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    parts: Annotated[tuple[Part, ...], Meta(max_length=99)]


class PartState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    is_present: bool


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each item, in the order asked."""

    outcomes: Sequence[ItemOutcome]


# -- Copies


@post("/", opt=guarded(_EDIT, example=Example(body=_A_COPY)), summary="Register a copy")
async def register_item(request: ApiRequest, data: JSONBody[NewItem], idempotency_key: IdempotencyKey = None) -> Item:
    """Without a number the next of the agency's series is drawn."""
    return await request.run(lambda tx: operations.register_item(tx, request.caller, data, key=idempotency_key))


@get("/{item:int}", opt=guarded(_VIEW, example=Example(path=_THIS_ITEM)), summary="One copy")
async def show_item(request: ApiRequest, item: PathId) -> Item:
    return await request.read(lambda tx: operations.view_item(tx, request.caller, ItemId(item)))


@patch(
    "/{item:int}",
    opt=guarded(_EDIT, example=Example(path=_THIS_ITEM, body={"version": 1, "price_ore": 19900})),
    summary="Change a copy",
)
async def change_item(request: ApiRequest, item: PathId, data: JSONBody[ItemChange]) -> Item:
    """What is left out stays as it is."""
    return await request.run(lambda tx: operations.change_item(tx, request.caller, ItemId(item), data))


@get(
    "/numbered/{number:str}",
    opt=guarded(_VIEW, example=Example(path={"number": "{item_number}"})),
    summary="The agency's copy with an item number",
)
async def find_item_numbered(request: ApiRequest, number: PathCode) -> Item:
    return await request.read(lambda tx: operations.find_item(tx, request.caller, number))


@get(
    "/numbered/{number:str}/owners",
    opt=guarded(
        _VIEW,
        example=Example(
            path={"number": "{item_number}"}, answers_neighbours="a foreign book is recognised at any desk"
        ),
    ),
    summary="Which agencies own an item number, and nothing else",
)
async def list_owners(request: ApiRequest, number: PathCode) -> Owners:
    return Owners(agencies=await request.read(lambda tx: operations.owners_of_number(tx, request.caller, number)))


@get(
    "/of-record/{record:int}",
    opt=guarded(_VIEW, example=Example(path={"record": "{record}"})),
    summary="The agency's copies of a record",
)
async def list_items_of_record(
    request: ApiRequest,
    record: PathId,
    with_withdrawn: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[Item]:
    """Those of the records whose place it took too; in the order they were registered."""
    start = read_cursor(after, Id) or 0
    found = await request.read(
        lambda tx: operations.items_of_record(
            tx, request.caller, RecordId(record), limit=limit, after=start, with_withdrawn=with_withdrawn
        )
    )
    return page(found.items, limit, key=lambda item: item.id)


@get(
    "/of-branch/{branch:int}",
    opt=guarded(_VIEW, example=Example(path={"branch": "{branch}"})),
    summary="The copies that a branch owns",
)
async def list_items_of_branch(
    request: ApiRequest,
    branch: PathId,
    with_withdrawn: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[Item]:
    """Wherever they are just now; in the order they were registered."""
    start = read_cursor(after, Id) or 0
    found = await request.read(
        lambda tx: operations.items_of_branch(
            tx, request.caller, BranchId(branch), limit=limit, after=start, with_withdrawn=with_withdrawn
        )
    )
    return page(found.items, limit, key=lambda item: item.id)


@put(
    "/number-series",
    opt=guarded(Permission.AGENCY_EDIT, example=Example(body={"next": "5700000001", "last": "5700099999"})),
    summary="The item numbers to be drawn from now on",
    status_code=204,
)
async def set_number_series(request: ApiRequest, data: JSONBody[NumberSeries]) -> None:
    """Numbers in use are passed over."""
    await request.run(lambda tx: operations.set_number_series(tx, request.caller, data))


# -- Withdrawing


@post(
    "/withdraw",
    opt=guarded(
        _WITHDRAW,
        example=Example(body={"items": ["{other_item}"], "reason": "Slidt"}, answers_neighbours=_EACH_ANSWERED),
    ),
    summary="Withdraw copies, one or many",
    status_code=200,
)
async def withdraw_items(request: ApiRequest, data: JSONBody[Withdrawal]) -> Outcomes:
    """What is out of the house stays in stock and says so; the rest is withdrawn."""
    return Outcomes(outcomes=await request.run(lambda tx: whereabouts.withdraw_items(tx, request.caller, data)))


@post(
    "/restore",
    opt=guarded(_WITHDRAW, example=Example(body={"items": ["{withdrawn_item}"]}, answers_neighbours=_EACH_ANSWERED)),
    summary="Take withdrawn copies back into stock",
    status_code=200,
)
async def restore_items(request: ApiRequest, data: JSONBody[Restoration]) -> Outcomes:
    return Outcomes(outcomes=await request.run(lambda tx: operations.restore(tx, request.caller, data)))


# -- Parts and notes


@put(
    "/{item:int}/parts",
    opt=guarded(_EDIT, example=Example(path=_THIS_ITEM, body={"parts": [{"number": 1, "description": "Spilleplade"}]})),
    summary="The parts a copy has, in place of those it had",
)
async def describe_parts(request: ApiRequest, item: PathId, data: JSONBody[Parts]) -> Item:
    return await request.run(lambda tx: particulars.describe_parts(tx, request.caller, ItemId(item), data.parts))


@put(
    "/{item:int}/parts/{part:int}",
    opt=guarded(_EDIT, example=Example(path={**_THIS_ITEM, "part": "{item_part}"}, body={"is_present": False})),
    summary="A part is missing, or there again",
)
async def mark_part(request: ApiRequest, item: PathId, part: PathPart, data: JSONBody[PartState]) -> Item:
    return await request.run(
        lambda tx: particulars.mark_part(tx, request.caller, ItemId(item), part, is_present=data.is_present)
    )


@post(
    "/{item:int}/notes",
    opt=guarded(_EDIT, example=Example(path=_THIS_ITEM, body={"text": "Løs ryg", "on_return": False})),
    summary="A note to be said at the desk",
)
async def write_item_note(
    request: ApiRequest, item: PathId, data: JSONBody[NewNote], idempotency_key: IdempotencyKey = None
) -> Item:
    return await request.run(
        lambda tx: particulars.write_note(tx, request.caller, ItemId(item), data, key=idempotency_key)
    )


@delete(
    "/{item:int}/notes/{note:int}",
    opt=guarded(_EDIT, example=Example(path={**_THIS_ITEM, "note": "{item_note}"})),
    summary="Dismiss a note",
)
async def dismiss_item_note(request: ApiRequest, item: PathId, note: PathId) -> None:
    await request.run(lambda tx: particulars.dismiss_note(tx, request.caller, ItemId(item), note))


router = Router(
    path="/items",
    route_handlers=[
        register_item,
        show_item,
        change_item,
        find_item_numbered,
        list_owners,
        list_items_of_record,
        list_items_of_branch,
        set_number_series,
        withdraw_items,
        restore_items,
        describe_parts,
        mark_part,
        write_item_note,
        dismiss_item_note,
    ],
    tags=["items"],
)
