"""Holds over REST: placing, changing, cancelling and moving them, queues, and why.

One hold that is refused is a problem, 422, with every block in it; in an order of several each wish is answered.
"""

from collections.abc import Iterable

import msgspec
from litestar import Router, get, patch, post
from litestar.params import FromQuery, JSONBody

from faelles.circulation.desk.blocks import CirculationRefusedError
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds import changing, operations, reading
from faelles.circulation.holds.model import (
    CancelHolds,
    Cancelled,
    ChangeHold,
    HoldExplained,
    HoldShown,
    InQueue,
    MatchLogEntry,
    MoveHold,
    Placed,
    PlaceHold,
    PlaceHolds,
    Placing,
)
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.circulation import BlockReply, told_blocks
from faelles.doors.rest.paging import Page, cursor, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit, PathId
from faelles.doors.rest.request import ApiRequest
from faelles.ground import i18n
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, HoldId, PatronId, RecordId
from faelles.people.model import Permission


class PlacedReply(Placed, frozen=True, kw_only=True):
    """`blocks` with their texts."""

    blocks: tuple[BlockReply, ...] = ()


class OrderReply(msgspec.Struct, frozen=True, kw_only=True):
    """`transaction` is shared by the holds that were placed together; null where none was."""

    transaction: HoldId | None
    holds: list[PlacedReply]


class InQueueReply(InQueue, frozen=True, kw_only=True):
    """`text` says in a sentence what it gets, or why nothing."""

    text: str


class LogReply(MatchLogEntry, frozen=True, kw_only=True):
    text: str


class ExplainedReply(HoldExplained, frozen=True, kw_only=True):
    here: InQueueReply | None
    queue: tuple[InQueueReply, ...] = ()
    log: tuple[LogReply, ...] = ()


class Position(msgspec.Struct, frozen=True):
    """The new place in the queue, from 1."""

    position: int


def told_placed(placed: Iterable[Placed], language: Language) -> list[PlacedReply]:
    return [
        PlacedReply(**(msgspec.structs.asdict(each) | {"blocks": told_blocks(each.blocks, language)}))
        for each in placed
    ]


def told_one(placing: Placing, language: Language) -> PlacedReply:
    """The answer to a single wish, or its refusal as an error."""
    if placing.is_refused:
        raise CirculationRefusedError(placing.holds[0].blocks)
    return told_placed(placing.holds, language)[0]


def told_explained(explained: HoldExplained, language: Language) -> ExplainedReply:
    texts = {
        "here": _in_queue(explained.here, language) if explained.here else None,
        "queue": tuple(_in_queue(each, language) for each in explained.queue),
        "log": tuple(
            LogReply(**msgspec.structs.asdict(each), text=i18n.text(f"hold_log_{each.outcome}", language))
            for each in explained.log
        ),
    }
    return ExplainedReply(**(msgspec.structs.asdict(explained) | texts))


def _in_queue(here: InQueue, language: Language) -> InQueueReply:
    code = f"why_not_{here.why_not}" if here.why_not else f"why_this_{here.reach}"
    said = i18n.text(code, language, {"position": here.position, "days": here.days or 0})
    return InQueueReply(**msgspec.structs.asdict(here), text=said)


@post(
    "/holds",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(
            body={"patron": {"patron": "{patron}"}, "wish": {"record": "{wished_record}"}, "pickup": "{branch}"}
        ),
    ),
    summary="Place a hold for a patron",
)
async def place(request: ApiRequest, data: JSONBody[PlaceHold], idempotency_key: IdempotencyKey = None) -> PlacedReply:
    """On a title, an issue, or one copy. 422 with every block, its rule and who may override it."""
    keyring = request.services.keyring
    placing = await request.run(lambda tx: operations.place_hold(tx, request.caller, keyring, data, idempotency_key))
    return told_one(placing, request.language)


@post(
    "/holds/orders",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(
            body={
                "patron": {"patron": "{patron}"},
                "wishes": [{"record": "{wished_record}"}],
                "pickup": "{branch}",
                "together": "parallel",
            }
        ),
    ),
    status_code=200,
    summary="Place several holds at once",
)
async def order(request: ApiRequest, data: JSONBody[PlaceHolds], idempotency_key: IdempotencyKey = None) -> OrderReply:
    """Parallel ones share a transaction: the first that is filled cancels the rest. Each wish is answered by itself;
    with `all_or_nothing` one that is refused keeps the others from being placed.
    """
    keyring = request.services.keyring
    placing = await request.run(lambda tx: operations.place_holds(tx, request.caller, keyring, data, idempotency_key))
    return OrderReply(transaction=placing.transaction, holds=told_placed(placing.holds, request.language))


@get(
    "/holds/{hold:int}",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path={"hold": "{hold}"})),
    summary="One hold",
)
async def show(request: ApiRequest, hold: PathId) -> HoldShown:
    return await request.run(lambda tx: reading.show_hold(tx, request.caller, HoldId(hold)))


@get(
    "/holds/{hold:int}/why",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path={"hold": "{hold}"})),
    summary="Why this copy, why not this hold, how long yet",
)
async def why(request: ApiRequest, hold: PathId) -> ExplainedReply:
    """The queue up to the hold as matching decides at this moment, each with its reason; what was decided before."""
    explained = await request.run(lambda tx: reading.explain_hold(tx, request.caller, HoldId(hold)))
    return told_explained(explained, request.language)


@patch(
    "/holds/{hold:int}",
    opt=guarded(
        Permission.HOLD_PLACE, example=Example(path={"hold": "{hold}"}, body={"interest_until": "{hold_interest}"})
    ),
    status_code=204,
    summary="Change pickup branch or dates",
)
async def change(
    request: ApiRequest, hold: PathId, data: JSONBody[ChangeHold], idempotency_key: IdempotencyKey = None
) -> None:
    """What is left out stays. 422 with every block where the title cannot be picked up at the new branch."""
    await request.run(lambda tx: changing.change_hold(tx, request.caller, HoldId(hold), data, idempotency_key))


@post(
    "/holds/{hold:int}/moves",
    opt=guarded(
        Permission.HOLD_MOVE,
        example=Example(path={"hold": "{hold}"}, body={"to": "top", "reason": "Skal bruges til en eksamen"}),
    ),
    status_code=200,
    summary="Give a hold another place in its queue",
)
async def move(
    request: ApiRequest, hold: PathId, data: JSONBody[MoveHold], idempotency_key: IdempotencyKey = None
) -> Position:
    """To the top, up, down, to the bottom, or just before another. On record, with the reason."""
    position = await request.run(lambda tx: changing.move_hold(tx, request.caller, HoldId(hold), data, idempotency_key))
    return Position(position)


@post(
    "/holds/{hold:int}/put-back",
    opt=guarded(Permission.HOLD_MOVE, example=Example(path={"hold": "{bound_hold}"})),
    status_code=204,
    summary="Give up the copy that was set aside for a hold",
)
async def put_back(request: ApiRequest, hold: PathId, idempotency_key: IdempotencyKey = None) -> None:
    """The hold waits again, at its rank; scan the copy, and the scan says where it goes. 409 where none is bound."""
    await request.run(lambda tx: changing.put_back_hold(tx, request.caller, HoldId(hold), idempotency_key))


@post(
    "/holds/cancellations",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(body={"holds": ["{other_hold}"]}, answers_neighbours="each hold is answered by itself"),
    ),
    status_code=200,
    summary="Cancel holds",
)
async def cancel(
    request: ApiRequest, data: JSONBody[CancelHolds], idempotency_key: IdempotencyKey = None
) -> list[Cancelled]:
    return await request.run(lambda tx: changing.cancel_holds(tx, request.caller, data, idempotency_key))


@get(
    "/patrons/{patron:int}/holds",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path={"patron": "{patron}"})),
    summary="A patron's holds",
)
async def list_of_patron(
    request: ApiRequest,
    patron: PathId,
    closed: FromQuery[bool] = False,  # noqa: FBT002 - a query parameter has a name
    limit: Limit = 50,
    after: After = None,
) -> Page[HoldShown]:
    start = read_cursor(after, int) or 0
    holds = await request.run(
        lambda tx: reading.holds_of_patron(
            tx, request.caller, PatronId(patron), is_open=not closed, after=start, limit=limit
        )
    )
    return page(holds, limit, key=lambda hold: hold.id)


@get(
    "/records/{record:int}/holds",
    opt=guarded(
        Permission.HOLD_VIEW,
        example=Example(path={"record": "{hold_record}"}, answers_neighbours="every agency has a queue of its own"),
    ),
    summary="The queue of a title",
)
async def list_of_title(request: ApiRequest, record: PathId, limit: Limit = 50, after: After = None) -> Page[HoldShown]:
    """Open holds by rank; those to which a copy is bound have no position."""
    asked = read_cursor(after, int)
    start = reading.BEFORE_ALL if asked is None else asked
    holds, following = await request.run(
        lambda tx: reading.holds_of_title(tx, request.caller, RecordId(record), after=start, limit=limit)
    )
    return Page(items=holds, next=None if following is None else cursor(following))


@get(
    "/branches/{branch:int}/holds",
    opt=guarded(Permission.HOLD_VIEW, example=Example(path={"branch": "{branch}"})),
    summary="The holds to be picked up at a branch",
)
async def list_at_branch(
    request: ApiRequest,
    branch: PathId,
    hold_state: FromQuery[HoldState | None] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[HoldShown]:
    start = read_cursor(after, int) or 0
    states = None if hold_state is None else [hold_state]
    holds = await request.run(
        lambda tx: reading.holds_at_branch(
            tx, request.caller, BranchId(branch), states=states, after=start, limit=limit
        )
    )
    return page(holds, limit, key=lambda hold: hold.id)


router = Router(
    path="/",
    route_handlers=[
        cancel,
        change,
        list_at_branch,
        list_of_patron,
        list_of_title,
        move,
        order,
        place,
        put_back,
        show,
        why,
    ],
    tags=["holds"],
)
