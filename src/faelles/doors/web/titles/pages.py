"""Titles: searching, and one title with its copies and its queue."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get, post
from litestar.params import QueryParameter

from faelles.catalog.model import Record, RecordView
from faelles.catalog.operations import MOST_SKIPPED, search_words, view_record
from faelles.circulation.desk.model import Borrower
from faelles.circulation.holds import operations as holds
from faelles.circulation.holds.model import Placed, PlaceHold, Wish
from faelles.circulation.holds.reading import holds_of_title
from faelles.circulation.looking.model import CopyShown
from faelles.circulation.looking.operations import show_copy
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, Scan
from faelles.ground.ids import RecordId
from faelles.items.operations import items_of_record
from faelles.people.model import Permission

_PAGE: Final = 20
_MOST_COPIES: Final = 100
_THIS_TITLE: Final = Example(path={"record": "{record}"})


class HoldForm(msgspec.Struct, frozen=True, kw_only=True):
    """Whose card, and where it is to be picked up."""

    card: Scan
    pickup: Id

    def __repr__(self) -> str:
        return "HoldForm()"


@get("/titles", opt=guarded(Permission.CATALOG_VIEW, example=Example(query={"q": "hav"})))
async def find(
    request: WebRequest,
    q: Annotated[str, QueryParameter(max_length=200)] = "",
    skip: Annotated[int, QueryParameter(ge=0, le=MOST_SKIPPED)] = 0,
) -> Response[bytes]:
    async def work(tx: Transaction) -> tuple[Desk, tuple[Record, ...], int | None]:
        desk = await desk_of(tx, request)
        if not q.strip():
            return desk, (), None
        found = await search_words(tx, request.caller, q, limit=_PAGE, skip=skip)
        return desk, found.records, found.next_skip

    desk, records, next_skip = await request.read(work)
    return request.page("titles/search.html", {"desk": desk, "q": q, "records": records, "next_skip": next_skip})


@get("/titles/{record:int}", opt=guarded(Permission.CATALOG_VIEW, example=_THIS_TITLE))
async def show(request: WebRequest, record: PathId) -> Response[bytes]:
    return await _title(request, RecordId(record))


async def _title(request: WebRequest, record: RecordId, placed: Placed | None = None) -> Response[bytes]:
    caller = request.caller

    async def work(tx: Transaction) -> dict[str, object]:
        view: RecordView = await view_record(tx, caller, record)
        copies: list[CopyShown] = []
        if caller.may(Permission.ITEM_VIEW):
            listed = await items_of_record(tx, caller, record, limit=_MOST_COPIES)
            copies = [await show_copy(tx, caller, each.number) for each in listed.items]
        queue = (await holds_of_title(tx, caller, record))[0] if caller.may(Permission.HOLD_VIEW) else []
        desk = await desk_of(tx, request)
        return {"desk": desk, "view": view, "copies": copies, "queue": queue, "placed": placed}

    return request.page("titles/title.html", await request.run(work))


@post(
    "/titles/{record:int}/holds",
    opt=guarded(
        Permission.HOLD_PLACE,
        example=Example(path={"record": "{record}"}, body={"card": "{card}", "pickup": "{branch}"}),
    ),
    status_code=200,
)
async def place_hold(request: WebRequest, record: PathId) -> Response[bytes]:
    """For the patron whose card was scanned; refused with every reason."""
    form = await request.typed(HoldForm)
    asked = PlaceHold(patron=Borrower(card=form.card.strip()), wish=Wish(record=record), pickup=form.pickup)
    placed = await request.run(lambda tx: holds.place_hold(tx, request.caller, request.services.keyring, asked))
    if placed.is_refused:
        return await _title(request, RecordId(record), placed.holds[0])
    return request.go_to(f"/titles/{record}#queue")


router = Router(path="/", route_handlers=[find, place_hold, show])
