"""Labels for copies: barcode, place on the shelf, whose it is; nothing else on the sheet when it is printed."""

from typing import Annotated, Final

import msgspec
from litestar import Response, Router, get
from litestar.params import QueryParameter

from faelles.catalog.operations import view_record
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import QueryId
from faelles.doors.web.items import barcode
from faelles.doors.web.items.choices import choices_of
from faelles.doors.web.place import Desk, desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId, RecordId
from faelles.items import operations
from faelles.items.model import Item
from faelles.people.model import Permission

_MOST: Final = 100
Chosen = Annotated[list[int] | None, QueryParameter(max_items=_MOST)]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """`bars`: begin and width of each, in a drawing `width` wide."""

    item: Item
    title: str
    creator: str
    classification: str
    branch: str
    shelf: str
    bars: tuple[tuple[int, int], ...]
    width: int


@get("/labels", opt=guarded(Permission.ITEM_VIEW, example=Example(query={"item": "{item}"})))
async def show(request: WebRequest, item: Chosen = None, record: QueryId = None) -> Response[bytes]:
    """Of the chosen copies, or of all of a title."""

    async def work(tx: Transaction) -> tuple[Desk, list[Label]]:
        wanted = [ItemId(each) for each in item or ()]
        found = [await operations.view_item(tx, request.caller, each) for each in wanted]
        if record is not None:
            found += (await operations.items_of_record(tx, request.caller, RecordId(record), limit=_MOST)).items
        desk = await desk_of(tx, request)
        return desk, await _labels(tx, request, desk, found)

    desk, labels = await request.read(work)
    context = {"desk": desk, "labels": labels, "done": request.done_just_now}
    return request.page("items/labels.html", context)


async def _labels(tx: Transaction, request: WebRequest, desk: Desk, items: list[Item]) -> list[Label]:
    choices = await choices_of(tx, request, desk)
    titles = {each: (await view_record(tx, request.caller, each)).record for each in {item.record for item in items}}
    return [
        Label(
            item=item,
            title=titles[item.record].title,
            creator=next(iter(titles[item.record].creators), ""),
            classification=titles[item.record].classification or "",
            branch=desk.name_of(item.owner_branch),
            shelf=choices.shelf(item.default_placement),
            bars=barcode.bars(item.number),
            width=barcode.width(item.number),
        )
        for item in items
    ]


router = Router(path="/", route_handlers=[show])
