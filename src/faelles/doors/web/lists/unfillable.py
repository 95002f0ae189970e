"""Holds that nothing can fill: staff give them up, and their patrons are told."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromQuery

from faelles.circulation.desk.issues import with_issue
from faelles.circulation.holds.model import CancelHolds, CancelOutcome
from faelles.circulation.unfillable.model import UnfillableHold
from faelles.circulation.unfillable.operations import cancel_unfillable, list_unfillable
from faelles.doors.rest.access import Example, guarded
from faelles.doors.web.lists.picks import Position
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.doors.web.sheet import MOST_ROWS, sheet
from faelles.ground import i18n
from faelles.ground.database import Transaction
from faelles.ground.fields import Id
from faelles.people.model import Permission

_PAGE: Final = 100
_HEADINGS: Final = ("web_title", "web_pickup", "web_placed", "web_why", "web_since")


class ChosenForm(msgspec.Struct, frozen=True, kw_only=True):
    """Those that were ticked; it may be that none was."""

    holds: Annotated[tuple[Id, ...], msgspec.Meta(max_length=200)] = ()


@get("/lists/unfillable", opt=guarded(Permission.HOLD_VIEW, example=Example()))
async def show(
    request: WebRequest,
    after: Position = 0,
    csv: FromQuery[bool] = False,  # noqa: FBT002 - a parameter of the address
) -> Response[bytes]:
    if not csv:
        return await _page(request, after=after)
    desk, found = await _load(request, after, MOST_ROWS)
    rows = [
        (
            _titled(each, request),
            desk.name_of(each.hold.pickup),
            each.hold.placed_at,
            each.told(request.language),
            each.since,
        )
        for each in found
    ]
    return sheet(request, "unfillable", _HEADINGS, rows)


async def _load(request: WebRequest, after: int, limit: int) -> tuple[Desk, list[UnfillableHold]]:
    async def work(tx: Transaction) -> tuple[Desk, list[UnfillableHold]]:
        return await desk_of(tx, request), await list_unfillable(tx, request.caller, after=after, limit=limit)

    return await request.run(work)


async def _page(
    request: WebRequest, *, after: int = 0, said: tuple[str, ...] = (), status: int = 200
) -> Response[bytes]:
    desk, found = await _load(request, after, _PAGE)
    context = {
        "desk": desk,
        "found": [(each, each.told(request.language)) for each in found],
        "more": found[-1].hold.id if len(found) == _PAGE else None,
        "said": said,
    }
    return request.page("lists/unfillable.html", context, status=status)


def _titled(each: UnfillableHold, request: WebRequest) -> str:
    return with_issue(each.hold.title, each.hold.issue_named, request.language)


@post(
    "/lists/unfillable",
    opt=guarded(Permission.HOLD_PLACE, example=Example(body={"holds": "{other_hold}"})),
    status_code=200,
)
async def give_up(request: WebRequest) -> Response[bytes]:
    """Those that were ticked; what something can fill meanwhile waits on."""
    form = await request.typed(ChosenForm)
    if not form.holds:
        return await _page(request, said=(i18n.text("web_unfillable_none_chosen", request.language),), status=422)
    wanted = CancelHolds(holds=form.holds)
    answers = await request.run(lambda tx: cancel_unfillable(tx, request.caller, wanted))
    given_up = sum(each.outcome is CancelOutcome.CANCELLED for each in answers)
    counts = {"web_unfillable_cancelled": given_up, "web_unfillable_kept": len(answers) - given_up}
    said = tuple(i18n.text(code, request.language, {"count": count}) for code, count in counts.items() if count)
    return await _page(request, said=said)


router = Router(path="/", route_handlers=[give_up, show])
