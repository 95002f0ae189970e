"""Counting stock. It belongs to the branch it stands in."""

from faelles.catalog import operations as catalog
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.events import append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import BranchId, MaterialGroupId, PlacementId, RecordId
from faelles.items import surroundings_store
from faelles.items.stock import events, store
from faelles.items.stock.model import Stock, StockCount, StockPage
from faelles.people.model import Caller, Permission


async def set_stock(tx: Transaction, caller: Caller, count: StockCount) -> Stock:
    """So many copies of the record stand there now; none: they are gone."""
    caller.require(Permission.ITEM_EDIT)
    place = await surroundings_store.find_place_of_placement(tx, PlacementId(count.placement))
    if place is None:
        raise NotFoundError("placement_unknown")
    caller.require(Permission.ITEM_EDIT, place)
    record = await catalog.current_record(tx, RecordId(count.record))
    if not await surroundings_store.is_material_group_visible(tx, MaterialGroupId(count.material_group)):
        raise NotFoundError("material_group_unknown")
    stock = await store.set_quantity(tx, count, record.id)
    await append(tx, events.stock_counted(stock))
    return stock


async def change_stock(
    tx: Transaction, caller: Caller, stock: int, difference: int, *, key: str | None = None
) -> Stock:
    """`difference` more, or fewer. Raises ConflictError `stock_out_of_range` where that leaves fewer than none."""
    caller.require(Permission.ITEM_EDIT)
    place = await store.find_place(tx, stock)
    if place is None:
        raise NotFoundError("stock_unknown")
    caller.require(Permission.ITEM_EDIT, place)
    if earlier := await recall(tx, "change_stock", key, (stock, difference), Stock):
        return earlier
    changed = await store.change_quantity(tx, stock, difference)
    if changed is None:
        raise ConflictError("stock_out_of_range")
    await append(tx, events.stock_counted(changed))
    await remember(tx, "change_stock", key, (stock, difference), changed)
    return changed


async def list_stock(
    tx: Transaction,
    caller: Caller,
    *,
    limit: int,
    record: RecordId | None = None,
    branch: BranchId | None = None,
    after: int = 0,
) -> StockPage:
    """The agency's counted stock, of one record or in one branch or all of it, by id."""
    caller.require(Permission.ITEM_VIEW)
    records = None
    if record is not None:
        current = await catalog.current_record(tx, record)
        records = list(await catalog.records_before(tx, current.id))
    found = await store.list_stock(tx, records, branch, after=after, most=limit + 1)
    return StockPage(stock=tuple(found[:limit]), next=found[limit - 1].id if len(found) > limit else None)
