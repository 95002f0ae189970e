"""A patron's holds: what they wait for, and what is over."""

from typing import Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.circulation.holds import changing
from faelles.circulation.holds.model import CancelHolds, CancelOutcome, HoldShown
from faelles.circulation.holds.reading import holds_of_patron
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.patrons.frame import THIS_PATRON, PatronFrame, frame_of, patron_page
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.fields import Id
from faelles.ground.ids import PatronId
from faelles.people.model import Permission

_MOST: Final = 200


class CancelForm(msgspec.Struct, frozen=True, kw_only=True):
    hold: Id


@get("/patrons/{patron:int}/holds", opt=guarded(Permission.HOLD_VIEW, example=THIS_PATRON))
async def show(
    request: WebRequest,
    patron: PathId,
    over: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[PatronFrame, list[HoldShown]]:
        frame = await frame_of(tx, request, patron)
        if not over:
            return frame, []
        return frame, await holds_of_patron(tx, request.caller, PatronId(patron), is_open=False, limit=_MOST)

    frame, history = await request.run(work)
    return patron_page(request, "holds", frame, more={"over": over, "history": history})


@post(
    "/patrons/{patron:int}/holds/cancel",
    opt=guarded(Permission.HOLD_PLACE, example=Example(path={"patron": "{patron}"}, body={"hold": "{planned_hold}"})),
)
async def cancel(request: WebRequest, patron: PathId) -> Response[bytes]:
    form = await request.typed(CancelForm)
    await request.run(lambda tx: cancel_one(tx, request, form.hold))
    return request.go_to(f"/patrons/{patron}/holds?done=hold_cancelled")


async def cancel_one(tx: Transaction, request: WebRequest, hold: int) -> None:
    """Raises ConflictError where there is nothing to cancel any more."""
    (answer,) = await changing.cancel_holds(tx, request.caller, CancelHolds(holds=(hold,)))
    if answer.outcome is not CancelOutcome.CANCELLED:
        raise ConflictError("hold_on_its_way" if answer.outcome is CancelOutcome.ON_ITS_WAY else "hold_unknown")


router = Router(path="/", route_handlers=[cancel, show])
