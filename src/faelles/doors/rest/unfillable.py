"""Holds that nothing can fill, over REST."""

from litestar import Router, get, post
from litestar.params import JSONBody

from faelles.circulation.holds.model import CancelHolds, Cancelled
from faelles.circulation.unfillable import operations
from faelles.circulation.unfillable.model import UnfillableHold
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.paging import Page, page, read_cursor
from faelles.doors.rest.parameters import After, IdempotencyKey, Limit
from faelles.doors.rest.request import ApiRequest
from faelles.people.model import Permission


class UnfillableReply(UnfillableHold, frozen=True, kw_only=True):
    """`text` says why in a sentence."""

    text: str


@get(
    "/holds/unfillable",
    opt=guarded(Permission.HOLD_VIEW, example=Example()),
    summary="Holds that nothing can fill",
)
async def list_unfillable(request: ApiRequest, limit: Limit = 50, after: After = None) -> Page[UnfillableReply]:
    """No copy of ours ever will, as things stand; nothing is expected, and no other municipality is being asked."""
    start = read_cursor(after, int) or 0
    found = await request.run(lambda tx: operations.list_unfillable(tx, request.caller, after=start, limit=limit))
    told = [
        UnfillableReply(
            hold=each.hold,
            why=each.why,
            since=each.since,
            was_known=each.was_known,
            text=each.told(request.language),
        )
        for each in found
    ]
    return page(told, limit, key=lambda each: each.hold.id)


@post(
    "/holds/unfillable/cancellations",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(body={"holds": ["{other_hold}"]}, answers_neighbours="each hold is answered by itself"),
    ),
    status_code=200,
    summary="Give up holds that nothing can fill",
)
async def cancel_unfillable(
    request: ApiRequest, data: JSONBody[CancelHolds], idempotency_key: IdempotencyKey = None
) -> list[Cancelled]:
    """Closed as `title_gone`, and their patrons are told. What can be filled after all is answered `can_be_filled`, and
    waits on.
    """
    return await request.run(lambda tx: operations.cancel_unfillable(tx, request.caller, data, idempotency_key))


router = Router(path="/", route_handlers=[cancel_unfillable, list_unfillable], tags=["holds"])
