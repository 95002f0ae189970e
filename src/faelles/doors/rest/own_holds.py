"""A patron's own holds over REST."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import Router, get, patch, post
from litestar.params import FromQuery, JSONBody

from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds import changing, operations, reading
from faelles.circulation.holds.model import (
    MOST_WISHES,
    CancelHolds,
    Cancelled,
    ChangeHold,
    HoldShown,
    PlaceHolds,
    Together,
    Wish,
)
from faelles.doors.rest.access import Example, own_account
from faelles.doors.rest.holds import ExplainedReply, OrderReply, told_explained, told_placed
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground.fields import Id
from faelles.ground.ids import HoldId


class OwnOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Titles or issues to wait for; several are parallel unless told otherwise."""

    wishes: Annotated[tuple[Wish, ...], msgspec.Meta(min_length=1, max_length=MOST_WISHES)]
    pickup: Id
    together: Together = Together.PARALLEL
    all_or_nothing: bool = True
    interest_until: date | None = None
    active_from: date | None = None


class OwnChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is; `active_from` null: from now on."""

    pickup: Id | None = None
    interest_until: date | None = None
    active_from: date | msgspec.UnsetType | None = msgspec.UNSET


@post(
    "/own/holds",
    opt=own_account(
        example=Example(body={"wishes": [{"record": "{wished_record}"}], "pickup": "{branch}"}),
    ),
    status_code=200,
    summary="Wait for a title",
)
async def place_own(
    request: ApiRequest, data: JSONBody[OwnOrder], idempotency_key: IdempotencyKey = None
) -> OrderReply:
    """Each wish is answered by itself, a refused one with every reason."""
    caller, keyring = request.caller, request.services.keyring
    asked = PlaceHolds(patron=Borrower(patron=caller.patron), **msgspec.structs.asdict(data))
    placing = await request.run(lambda tx: operations.place_holds(tx, caller, keyring, asked, idempotency_key))
    return OrderReply(transaction=placing.transaction, holds=told_placed(placing.holds, request.language))


@get("/own/holds", opt=own_account(example=Example()), summary="My holds")
async def list_own(
    request: ApiRequest,
    closed: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[HoldShown]:
    caller, start = request.caller, read_cursor(after, int) or 0
    own = caller.oneself()
    holds = await request.run(
        lambda tx: reading.holds_of_patron(tx, caller, own, is_open=not closed, after=start, limit=limit)
    )
    return page(holds, limit, key=lambda hold: hold.id)


@get(
    "/own/holds/{hold:int}/why",
    opt=own_account(example=Example(path={"hold": "{hold}"})),
    summary="Where my hold stands, and how long yet",
)
async def why_own(request: ApiRequest, hold: PathId) -> ExplainedReply:
    """Nothing in it is about anybody else."""
    explained = await request.run(lambda tx: reading.explain_hold(tx, request.caller, HoldId(hold)))
    return told_explained(explained, request.language)


@patch(
    "/own/holds/{hold:int}",
    opt=own_account(example=Example(path={"hold": "{hold}"}, body={"interest_until": "{hold_interest}"})),
    status_code=204,
    summary="Change pickup branch or dates of my hold",
)
async def change_own_hold(
    request: ApiRequest, hold: PathId, data: JSONBody[OwnChange], idempotency_key: IdempotencyKey = None
) -> None:
    asked = ChangeHold(**msgspec.structs.asdict(data))
    await request.run(lambda tx: changing.change_hold(tx, request.caller, HoldId(hold), asked, idempotency_key))


@post(
    "/own/holds/cancellations",
    opt=own_account(
        example=Example(body={"holds": ["{hold}"]}, answers_neighbours="each hold is answered by itself"),
    ),
    status_code=200,
    summary="Cancel my holds",
)
async def cancel_own(
    request: ApiRequest, data: JSONBody[CancelHolds], idempotency_key: IdempotencyKey = None
) -> list[Cancelled]:
    """While no copy is bound; then the library is to be asked."""
    return await request.run(lambda tx: changing.cancel_holds(tx, request.caller, data, idempotency_key))


router = Router(
    path="/",
    route_handlers=[cancel_own, change_own_hold, list_own, place_own, why_own],
    tags=["own account"],
)
