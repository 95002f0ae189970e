"""An interlibrary loan as far as it is a thing on a shelf. Lending it is circulation's, as with any other copy."""

from faelles.catalog import operations as catalog
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.fields import is_plausible
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import BranchId, ItemId, ItemNumber, MaterialGroupId, PlacementId, RecordId
from faelles.items import events, rules
from faelles.items import store as items
from faelles.items.model import UNNUMBERED, UNSAVED, HeldItem, Item, ItemKind, Lender, NewPlaceholder
from faelles.items.operations import checked_place, found_item, insert_numbered
from faelles.items.placeholders import store
from faelles.people.model import Caller, Permission


async def expect_placeholder(tx: Transaction, caller: Caller, new: NewPlaceholder, *, key: str | None = None) -> Item:
    """Another library's copy is coming. It may carry the lender's number, or one of the agency's own series."""
    caller.require(Permission.ITEM_EDIT)
    if earlier := await recall(tx, "expect_placeholder", key, new, ItemId):
        return await found_item(tx, earlier)
    if new.lender_due_on is not None and not is_plausible(new.lender_due_on):
        raise invalid_field("lender_due_on", "date_out_of_range")
    item = _expected(new, (await catalog.current_record(tx, RecordId(new.record))).id)
    caller.require(Permission.ITEM_EDIT, await checked_place(tx, item))
    made = await insert_numbered(tx, item, None if new.number is None else ItemNumber(new.number))
    held = await items.hold_items(tx, [made])
    await append(tx, events.placeholder_expected(held[made], new.lender_isil))
    await remember(tx, "expect_placeholder", key, new, made)
    return await found_item(tx, made)


async def receive_placeholder(tx: Transaction, caller: Caller, item: ItemId) -> Item:
    """The lender's copy has arrived, and may be lent from now on."""
    held = await _held(tx, caller, item)
    if why := rules.why_not_received(held):
        raise ConflictError(why)
    await store.receive(tx, item)
    await append(tx, events.placeholder_received(held))
    return await found_item(tx, item)


async def send_placeholder_home(tx: Transaction, caller: Caller, item: ItemId, *, is_out: bool) -> Item:
    """The lender gets its copy back. `is_out`: circulation, which has locked its state, says that it is not here."""
    held = await _held(tx, caller, item)
    if why := rules.why_not_sent_home(held, is_out=is_out):
        raise ConflictError(why)
    await store.send_home(tx, item)
    await append(tx, events.placeholder_sent_home(held))
    return await found_item(tx, item)


async def _held(tx: Transaction, caller: Caller, item: ItemId) -> HeldItem:
    caller.require(Permission.ITEM_EDIT)
    held = (await items.hold_items(tx, [item])).get(item)
    if held is None:
        raise NotFoundError("item_unknown")
    caller.require(Permission.ITEM_EDIT, held.place)
    return held


def _expected(new: NewPlaceholder, record: RecordId) -> Item:
    return Item(
        id=UNSAVED,
        number=UNNUMBERED,
        kind=ItemKind.PLACEHOLDER,
        record=record,
        owner_branch=BranchId(new.owner_branch),
        default_placement=PlacementId(new.default_placement),
        material_group=MaterialGroupId(new.material_group),
        lender=Lender(
            isil=new.lender_isil,
            reference=new.lender_reference,
            due_on=new.lender_due_on,
            received_at=None,
            sent_home_at=None,
        ),
    )
