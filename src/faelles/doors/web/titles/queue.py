"""One hold: where it stands and why, and what can be done about it."""

from datetime import date
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.circulation.holds import changing
from faelles.circulation.holds.model import ChangeHold, HoldExplained, MoveHold, MoveTo
from faelles.circulation.holds.reading import explain_hold
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.patrons.holds import cancel_one
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import HoldId
from faelles.people.model import Permission

_THIS_HOLD: Final = Example(path={"hold": "{planned_hold}"})


class ChangeForm(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when; an empty first day is today."""

    pickup: Id
    interest_until: date
    active_from: date | None = None


class MoveForm(msgspec.Struct, frozen=True, kw_only=True):
    to: MoveTo
    reason: ShortText


@get("/holds/{hold:int}", opt=guarded(Permission.HOLD_VIEW, example=_THIS_HOLD))
async def show(request: WebRequest, hold: PathId) -> Response[bytes]:
    """Why this copy, why not me, how long yet; and everything that was decided about it."""
    return await _page(request, hold)


async def _page(request: WebRequest, hold: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, HoldExplained]:
        return await desk_of(tx, request), await explain_hold(tx, request.caller, HoldId(hold))

    desk, explained = await request.run(work)
    context = {
        "desk": desk,
        "hold": explained.hold,
        "explained": explained,
        "refused": refused,
        "done": request.done_just_now,
        "moves": tuple(MoveTo),
        "reason": partial(_reason, language=request.language),
    }
    return request.page("titles/hold.html", context, status=refused.status)


def _reason(code: str, language: Language) -> str:
    """Why a copy that was meant for somebody is no longer; empty where that is said by what follows."""
    named = f"why_released_{code}"
    return i18n.text(named, language) if i18n.knows(named, language) else ""


@post(
    "/holds/{hold:int}/change",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(
            path={"hold": "{planned_hold}"}, body={"pickup": "{branch}", "interest_until": "{hold_interest}"}
        ),
    ),
)
async def change(request: WebRequest, hold: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(ChangeForm)
        asked = ChangeHold(pickup=form.pickup, interest_until=form.interest_until, active_from=form.active_from)
        await request.run(lambda tx: changing.change_hold(tx, request.caller, HoldId(hold), asked))
        return request.go_to(f"/holds/{hold}?done=hold_changed")

    return await sent(request, "change", do, lambda refused: _page(request, hold, refused))


@post(
    "/holds/{hold:int}/move",
    opt=guarded(
        Permission.HOLD_MOVE,
        example=Example(path={"hold": "{planned_hold}"}, body={"to": "top", "reason": "Læsekreds i aften"}),
    ),
)
async def move(request: WebRequest, hold: PathId) -> Response[bytes]:
    """Another place in the queue, on record with the reason."""

    async def do() -> Response[Any]:
        form = await request.typed(MoveForm)
        asked = MoveHold(to=form.to, reason=form.reason)
        await request.run(lambda tx: changing.move_hold(tx, request.caller, HoldId(hold), asked))
        return request.go_to(f"/holds/{hold}?done=hold_moved")

    return await sent(request, "move", do, lambda refused: _page(request, hold, refused))


@post("/holds/{hold:int}/cancel", opt=guarded(Permission.HOLD_PLACE, example=_THIS_HOLD))
async def cancel(request: WebRequest, hold: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        await request.run(lambda tx: cancel_one(tx, request, hold))
        return request.go_to(f"/holds/{hold}?done=hold_cancelled")

    return await sent(request, "cancel", do, lambda refused: _page(request, hold, refused))


@post("/holds/{hold:int}/put-back", opt=guarded(Permission.HOLD_MOVE, example=Example(path={"hold": "{bound_hold}"})))
async def put_back(request: WebRequest, hold: PathId) -> Response[bytes]:
    """The copy that was set aside is given up: the hold waits again, at its rank."""

    async def do() -> Response[Any]:
        await request.run(lambda tx: changing.put_back_hold(tx, request.caller, HoldId(hold)))
        return request.go_to(f"/holds/{hold}?done=hold_put_back")

    return await sent(request, "cancel", do, lambda refused: _page(request, hold, refused))


router = Router(path="/", route_handlers=[cancel, change, move, put_back, show])
