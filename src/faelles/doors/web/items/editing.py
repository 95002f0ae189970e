"""Changing a copy, and adding new ones to a title."""

import secrets
from datetime import date
from typing import Annotated, Any, Final

import msgspec
from litestar import Response, Router, get, post

from faelles.catalog.operations import view_record
from faelles.doors.rest.access import Example, guarded
from faelles.doors.rest.parameters import PathId
from faelles.doors.web.forms import NOTHING_REFUSED, Refusal, sent
from faelles.doors.web.items.choices import choices_of
from faelles.doors.web.money.amounts import AmountText, kroner_text, ore_of
from faelles.doors.web.place import desk_of
from faelles.doors.web.request import WebRequest
from faelles.ground.database import Transaction
from faelles.ground.fields import Id, ItemNumberText, ShortText
from faelles.ground.ids import ItemId, PlacementId, RecordId
from faelles.items import operations
from faelles.items.model import Condition, Item, ItemChange, NewItem
from faelles.people.model import Permission
from faelles.policies.operations import current_settings

_EDIT: Final = Permission.ITEM_EDIT
_MOST_AT_ONCE: Final = 50


class ItemForm(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy is; an empty field is nothing. The branch follows from the placement."""

    default_placement: Id
    material_group: Id
    condition: Condition = Condition.GOOD
    price: AmountText | None = None
    not_for_loan: ShortText | None = None
    minimum_age: Annotated[int, msgspec.Meta(ge=0, le=18)] | None = None
    acquired_on: date | None = None

    @property
    def price_ore(self) -> int | None:
        return ore_of(self.price, "price") if self.price else None


class ChangeForm(ItemForm, frozen=True, kw_only=True):
    version: Id
    number: ItemNumberText


class NewForm(ItemForm, frozen=True, kw_only=True):
    """`number`: the barcode on a single copy; else the next numbers of the series."""

    key: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    number: ItemNumberText | None = None
    copies: Annotated[int, msgspec.Meta(ge=1, le=_MOST_AT_ONCE)] = 1


@get("/items/{item:int}/edit", opt=guarded(_EDIT, example=Example(path={"item": "{item}"})))
async def show(request: WebRequest, item: PathId) -> Response[bytes]:
    return await _edit_page(request, item)


async def _edit_page(request: WebRequest, item: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        found = await operations.view_item(tx, request.caller, ItemId(item))
        desk = await desk_of(tx, request)
        return {
            "desk": desk,
            "item": found,
            "title": await view_record(tx, request.caller, found.record),
            "choices": await choices_of(tx, request, desk),
            "price": "" if found.price_ore is None else kroner_text(found.price_ore),
        }

    context = await request.read(work)
    more = {"refused": refused, "conditions": tuple(Condition)}
    return request.page("items/edit.html", context | more, status=refused.status)


@post(
    "/items/{item:int}/edit",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"item": "{item}"},
            body={
                "version": 1,
                "number": "{item_number}",
                "default_placement": "{placement}",
                "material_group": "{material_group}",
            },
        ),
    ),
)
async def save(request: WebRequest, item: PathId) -> Response[bytes]:
    async def do() -> Response[Any]:
        form = await request.typed(ChangeForm)
        await request.run(lambda tx: _save(tx, request, ItemId(item), form))
        return request.go_to(f"/items/{item}?done=item_changed")

    return await sent(request, "item", do, lambda refused: _edit_page(request, item, refused))


async def _save(tx: Transaction, request: WebRequest, item: ItemId, form: ChangeForm) -> Item:
    change = ItemChange(
        version=form.version,
        number=form.number,
        owner_branch=await _branch_of(tx, form.default_placement),
        default_placement=form.default_placement,
        material_group=form.material_group,
        condition=form.condition,
        price_ore=form.price_ore,
        not_for_loan=form.not_for_loan,
        minimum_age=form.minimum_age,
        acquired_on=form.acquired_on,
    )
    return await operations.change_item(tx, request.caller, item, change)


async def _branch_of(tx: Transaction, placement: int) -> int:
    """Whose shelf it is; an unknown one is the operation's to refuse."""
    found = (await current_settings(tx)).directory.placements.get(PlacementId(placement))
    return found.branch if found else 1


@get("/titles/{record:int}/items/new", opt=guarded(_EDIT, example=Example(path={"record": "{record}"})))
async def ask(request: WebRequest, record: PathId) -> Response[bytes]:
    return await _new_page(request, record)


async def _new_page(request: WebRequest, record: int, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    async def work(tx: Transaction) -> dict[str, object]:
        desk = await desk_of(tx, request)
        return {
            "desk": desk,
            "title": await view_record(tx, request.caller, RecordId(record)),
            "choices": await choices_of(tx, request, desk),
        }

    context = await request.read(work)
    more = {
        "refused": refused,
        "conditions": tuple(Condition),
        "key": f"desk-{secrets.token_hex(8)}",
        "done": request.done_just_now,
    }
    return request.page("items/new.html", context | more, status=refused.status)


@post(
    "/titles/{record:int}/items/new",
    opt=guarded(
        _EDIT,
        example=Example(
            path={"record": "{record}"},
            body={
                "default_placement": "{placement}",
                "material_group": "{material_group}",
                "key": "desk-0123456789",
                "copies": 2,
            },
        ),
    ),
)
async def add(request: WebRequest, record: PathId) -> Response[bytes]:
    """As many as are asked for; afterwards their labels."""

    async def do() -> Response[Any]:
        form = await request.typed(NewForm)
        made = await request.run(lambda tx: _add(tx, request, record, form))
        return request.go_to("/labels?" + "&".join(f"item={each.id}" for each in made))

    return await sent(request, "item", do, lambda refused: _new_page(request, record, refused))


async def _add(tx: Transaction, request: WebRequest, record: int, form: NewForm) -> list[Item]:
    """Each under a key of its own, so that the form sent twice adds them once."""
    new = NewItem(
        record=record,
        owner_branch=await _branch_of(tx, form.default_placement),
        default_placement=form.default_placement,
        material_group=form.material_group,
        number=form.number if form.copies == 1 else None,
        condition=form.condition,
        price_ore=form.price_ore,
        not_for_loan=form.not_for_loan,
        minimum_age=form.minimum_age,
        acquired_on=form.acquired_on,
    )
    keys = [f"{form.key}/{place}" for place in range(form.copies)]
    return [await operations.register_item(tx, request.caller, new, key=key) for key in keys]


router = Router(path="/", route_handlers=[add, ask, save, show])
