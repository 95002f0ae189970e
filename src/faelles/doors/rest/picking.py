"""Fetching from the shelves what is planned for holds, over REST."""

from typing import Final

import msgspec
from litestar import Router, get, post
from litestar.params import FromQuery, JSONBody

from faelles.circulation.picking import operations
from faelles.circulation.picking.model import ClaimPicks, ConfirmPick, GiveBackPicks, Missed, NotOnShelf, Pick
from faelles.circulation.picking.printout import printed
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.circulation import ReturnReply, told_return
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId, QueryId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.ids import BranchId, HoldId
from faelles.people.model import Permission

_LOGISTICS: Final = Permission.LOGISTICS
_HERE: Final = {"branch": "{branch}"}
_MOST_PRINTED: Final = 500


class PickSheet(msgspec.Struct, frozen=True):
    """The pick list as text, a line each, to be printed."""

    lines: tuple[str, ...]


class Tries(msgspec.Struct, frozen=True):
    """How often a copy for the hold was looked for in vain."""

    tries: int


@get(
    "/branches/{branch:int}/picks",
    opt=guarded(_LOGISTICS, example=Example(path=_HERE)),
    summary="What is to be fetched in a branch just now, in shelf order",
)
async def list_picks(
    request: ApiRequest, branch: PathId, *, only_free: FromQuery[bool] = False, limit: Limit = 50, after: After = None
) -> Page[Pick]:
    """What is planned at this moment; `only_free`: less what somebody is on the way for."""
    start = read_cursor(after, tuple[str, int]) or ("", 0)
    found = await request.read(
        lambda tx: operations.list_picks(
            tx, request.caller, BranchId(branch), after=start, only_free=only_free, limit=limit
        )
    )
    return page(found, limit, key=lambda pick: (pick.sort_key, pick.hold))


@get(
    "/branches/{branch:int}/picks/printout",
    opt=guarded(_LOGISTICS, example=Example(path=_HERE)),
    summary="The pick list to be printed",
)
async def print_picks(request: ApiRequest, branch: PathId) -> PickSheet:
    found = await request.read(
        lambda tx: operations.list_picks(tx, request.caller, BranchId(branch), limit=_MOST_PRINTED)
    )
    return PickSheet(printed(found, request.language))


@post(
    "/picks/claims",
    opt=guarded(_LOGISTICS, example=Example(body={"branch": "{branch}", "holds": ["{planned_hold}"]})),
    status_code=200,
    summary="Be on the way for some picks",
)
async def claim_picks(request: ApiRequest, data: JSONBody[ClaimPicks]) -> list[Pick]:
    """The caller's from now on, in shelf order, until the claim runs out. Without `holds`: the first that are free."""
    return await request.run(lambda tx: operations.claim_picks(tx, request.caller, data))


@post(
    "/picks/claims/end",
    opt=guarded(_LOGISTICS, example=Example(body={"branch": "{branch}"})),
    status_code=200,
    summary="No longer be on the way for some picks",
)
async def give_back_picks(request: ApiRequest, data: JSONBody[GiveBackPicks]) -> list[HoldId]:
    """Which of the caller's claims ended by this."""
    return await request.run(lambda tx: operations.give_back_picks(tx, request.caller, data))


@post(
    "/picks/confirmations",
    opt=guarded(_LOGISTICS, example=Example(body={"branch": "{branch}", "item": "{planned_item_number}"})),
    status_code=200,
    summary="A copy on the pick list is in hand",
)
async def confirm_pick(
    request: ApiRequest, data: JSONBody[ConfirmPick], idempotency_key: IdempotencyKey = None
) -> ReturnReply:
    """A check-in like any other: `next` says whose it is now and where it goes."""
    answer = await request.run(lambda tx: operations.confirm_pick(tx, request.caller, data, idempotency_key))
    return told_return(answer, request.language)


@post(
    "/picks/not-on-shelf",
    opt=guarded(_LOGISTICS, example=Example(body={"hold": "{planned_hold}"})),
    status_code=200,
    summary="A copy on the pick list is not on its shelf",
)
async def note_not_on_shelf(
    request: ApiRequest, data: JSONBody[NotOnShelf], idempotency_key: IdempotencyKey = None
) -> Tries:
    """The hold waits for another copy, and this one is on the search list until it is seen. Say its number, too: where
    another copy is planned by now, that is 409.
    """
    tries = await request.run(lambda tx: operations.note_not_on_shelf(tx, request.caller, data, idempotency_key))
    return Tries(tries)


@get("/searches", opt=guarded(_LOGISTICS, example=Example()), summary="Copies that were looked for in vain")
async def list_searches(
    request: ApiRequest, branch: QueryId = None, limit: Limit = 50, after: After = None
) -> Page[Missed]:
    start = read_cursor(after, int) or 0
    where = None if branch is None else BranchId(branch)
    found = await request.read(
        lambda tx: operations.list_searches(tx, request.caller, branch=where, after=start, limit=limit)
    )
    return page(found, limit, key=lambda missed: missed.id)


@post(
    "/searches/{search:int}/give-up",
    opt=guarded(_LOGISTICS, example=Example(path={"search": "{search}"})),
    status_code=204,
    summary="A copy that was looked for is missing",
)
async def give_up_search(request: ApiRequest, search: PathId) -> None:
    await request.run(lambda tx: operations.give_up_search(tx, request.caller, search))


router = Router(
    path="/",
    route_handlers=[
        claim_picks,
        confirm_pick,
        give_back_picks,
        give_up_search,
        list_picks,
        list_searches,
        note_not_on_shelf,
        print_picks,
    ],
    tags=["picking"],
)
