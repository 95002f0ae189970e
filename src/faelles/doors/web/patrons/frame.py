"""What all pages about one patron share: who it is, the branch one stands in, and what was done just now."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from litestar import Response

from faelles.doors.rest.access import Example
from faelles.doors.web.desk.panel import LOOK, Panel, panel_of
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.looking.operations import relations_seen
from faelles.people.model import Permission

VIEW: Final = Permission.PATRON_VIEW
EDIT: Final = Permission.PATRON_EDIT
THIS_PATRON: Final = Example(path={"patron": "{patron}"})

_NOTHING_MORE: Final[Mapping[str, object]] = MappingProxyType({})


class PatronFrame(msgspec.Struct, frozen=True, kw_only=True):
    desk: Desk
    panel: Panel


async def frame_of(tx: Transaction, request: WebRequest, patron: int) -> PatronFrame:
    return PatronFrame(
        desk=await desk_of(tx, request),
        panel=await panel_of(tx, request.caller, PatronId(patron)),
    )


async def frame_with_relations(tx: Transaction, request: WebRequest, patron: int) -> PatronFrame:
    """As `frame_of`, for a tab that names guardians and children."""
    frame = await frame_of(tx, request, patron)
    await relations_seen(tx, request.caller, frame.panel.patron, LOOK)
    return frame


def patron_page(
    request: WebRequest,
    tab: str,
    frame: PatronFrame,
    *,
    refused: Refusal = NOTHING_REFUSED,
    said: tuple[str, ...] = (),
    more: Mapping[str, object] = _NOTHING_MORE,
) -> Response[bytes]:
    """One tab of a patron's page. `said`: what was answered just now, where it takes more than one sentence."""
    context = {
        "desk": frame.desk,
        "panel": frame.panel,
        "patron": frame.panel.patron,
        "tab": tab,
        "refused": refused,
        "done": request.done_just_now,
        "said": said,
        **more,
    }
    return request.page(f"patrons/{tab}.html", context, status=refused.status)
