"""What can be done with copies.

ITEM_VIEW and looking things up hold anywhere in the agency. Registering and changing ask for ITEM_EDIT, withdrawing for
ITEM_WITHDRAW, each at the branch that owns the copy.
"""

from collections.abc import Set as AbstractSet

import asyncpg
import msgspec
from msgspec import UNSET

from faelles.catalog import operations as catalog
from faelles.catalog.model import Succession
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.fields import is_plausible
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import AgencyId, BranchId, IssueId, ItemId, ItemNumber, MaterialGroupId, PlacementId, RecordId
from faelles.ground.money import Ore
from faelles.items import events, number_store, rules, store, surroundings_store
from faelles.items.model import (
    UNNUMBERED,
    UNSAVED,
    Item,
    ItemChange,
    ItemKind,
    ItemOutcome,
    ItemPage,
    NewItem,
    NumberSeries,
    Restoration,
    Withdrawal,
)
from faelles.items.particulars import store as particulars
from faelles.people.model import Caller, Permission, Place

_TRIES = 5
"""How often another number is drawn when somebody registers the drawn one by hand at the same moment."""


async def register_item(tx: Transaction, caller: Caller, new: NewItem, *, key: str | None = None) -> Item:
    """Add a copy. Raises NotFoundError for what it points at and is not there, ConflictError `item_number_taken`, or
    `item_number_of_other_agency` unless `new.may_be_double`.
    """
    caller.require(Permission.ITEM_EDIT)
    if earlier := await recall(tx, "register_item", key, new, ItemId):
        return await found_item(tx, earlier)
    if problems := rules.new_item_problems(new):
        raise InvalidRequestError(problems=problems)
    item = _registered(new, (await catalog.current_record(tx, RecordId(new.record))).id)
    caller.require(Permission.ITEM_EDIT, await checked_place(tx, item))
    if new.number is not None and not new.may_be_double:
        await _refuse_double(tx, new.number)
    made = await insert_numbered(tx, item, None if new.number is None else ItemNumber(new.number))
    await particulars.replace_parts(tx, made, new.parts)
    held = await store.hold_items(tx, [made])
    await append(tx, events.item_registered(held[made]))
    await remember(tx, "register_item", key, new, made)
    return await found_item(tx, made)


async def change_item(tx: Transaction, caller: Caller, item: ItemId, change: ItemChange) -> Item:
    """Raises ConflictError `changed_meanwhile` when `change.version` is no longer the one that stands.

    A copy that goes to another branch needs permission at both.
    """
    caller.require(Permission.ITEM_EDIT)
    held = (await store.hold_items(tx, [item])).get(item)
    if held is None:
        raise NotFoundError("item_unknown")
    caller.require(Permission.ITEM_EDIT, held.place)
    given = _given(change)
    if isinstance(change.record, int):
        given["record"] = (await catalog.current_record(tx, RecordId(change.record))).id
    before = await found_item(tx, item)
    changed = msgspec.structs.replace(before, **given)
    caller.require(Permission.ITEM_EDIT, await checked_place(tx, changed))
    if changed.number != before.number and not change.may_be_double:
        await _refuse_double(tx, changed.number)
    await _write_change(tx, changed)
    after = await store.hold_items(tx, [item])
    await append(tx, events.item_changed(after[item], sorted(given.keys() - {"version"})))
    return await found_item(tx, item)


async def view_item(tx: Transaction, caller: Caller, item: ItemId) -> Item:
    caller.require(Permission.ITEM_VIEW)
    return await found_item(tx, item)


async def find_item(tx: Transaction, caller: Caller, number: str) -> Item:
    """The agency's copy with this number, a withdrawn one too. Raises NotFoundError `item_unknown`."""
    caller.require(Permission.ITEM_VIEW)
    found = await store.find_numbered(tx, number)
    if found is None:
        raise NotFoundError("item_unknown")
    return found


async def owners_of_number(tx: Transaction, caller: Caller, number: str) -> list[AgencyId]:
    """Which agencies own a number, and nothing else of what they own: a foreign book is recognised at any desk."""
    caller.require(Permission.ITEM_VIEW)
    return await number_store.owners_of_number(tx, number)


async def items_of_record(
    tx: Transaction, caller: Caller, record: RecordId, *, limit: int, after: int = 0, with_withdrawn: bool = False
) -> ItemPage:
    """The agency's copies of a record and of all the records whose place it took."""
    caller.require(Permission.ITEM_VIEW)
    current = await catalog.current_record(tx, record)
    records = await catalog.records_before(tx, current.id)
    found = await store.list_of_records(tx, records, after=after, most=limit + 1, with_withdrawn=with_withdrawn)
    return _page(found, limit)


async def items_of_branch(
    tx: Transaction, caller: Caller, branch: BranchId, *, limit: int, after: int = 0, with_withdrawn: bool = False
) -> ItemPage:
    """The copies that a branch owns, wherever they are."""
    caller.require(Permission.ITEM_VIEW)
    found = await store.list_of_branch(tx, branch, after=after, most=limit + 1, with_withdrawn=with_withdrawn)
    return _page(found, limit)


async def withdraw(
    tx: Transaction, caller: Caller, request: Withdrawal, *, out: AbstractSet[ItemId]
) -> list[ItemOutcome]:
    """Take copies out of stock, as many as can be; what cannot is told with its reason. `restore` undoes it.

    `out` are the items that are not in the house's hands. Only circulation knows: whoever calls this has locked their
    circulation state in this transaction and read `out` after that.
    """
    caller.require(Permission.ITEM_WITHDRAW)
    asked = [ItemId(item) for item in request.items]
    held = await store.hold_items(tx, asked)
    for place in {item.place for item in held.values()}:
        caller.require(Permission.ITEM_WITHDRAW, place)
    outcomes = rules.withdrawals(asked, held, out)
    done = [outcome.item for outcome in outcomes if outcome.refused is None]
    await store.withdraw(tx, done, request.reason)
    await append(tx, *(events.item_withdrawn(held[item], request.reason) for item in done))
    return outcomes


async def restore(tx: Transaction, caller: Caller, request: Restoration) -> list[ItemOutcome]:
    """Take withdrawn copies back into stock."""
    caller.require(Permission.ITEM_WITHDRAW)
    asked = [ItemId(item) for item in request.items]
    held = await store.hold_items(tx, asked)
    for place in {item.place for item in held.values()}:
        caller.require(Permission.ITEM_WITHDRAW, place)
    outcomes = rules.restorations(asked, held)
    done = [outcome.item for outcome in outcomes if outcome.refused is None]
    await store.restore(tx, done)
    await append(tx, *(events.item_restored(held[item]) for item in done))
    return outcomes


async def merge_records(tx: Transaction, caller: Caller, record: RecordId, successor: RecordId) -> Succession:
    """Let `successor` take the place of `record` (a provisional one, a double), and the agency's copies follow."""
    succession = await catalog.succeed_record(tx, caller, record, successor)
    count = await store.refile(tx, succession.record, succession.successor, succession.issues)
    await append(tx, events.items_refiled(succession.record, succession.successor, count))
    return succession


async def set_number_series(tx: Transaction, caller: Caller, series: NumberSeries) -> None:
    """Draw item numbers from here on. Numbers in use are passed over."""
    caller.require(Permission.AGENCY_EDIT)
    if not 0 < int(series.next) <= int(series.last):
        raise invalid_field("last", "number_series_empty")
    await number_store.set_series(tx, series)
    await append(tx, events.number_series_set(series.next, series.last))


async def found_item(tx: Transaction, item: ItemId) -> Item:
    """For operations that have asked for permission themselves."""
    found = await store.find_item(tx, item)
    if found is None:
        raise NotFoundError("item_unknown")
    return found


async def checked_place(tx: Transaction, item: Item) -> Place:
    """The owner's place, when all that the item points at is there and fits together."""
    around = await surroundings_store.surroundings(
        tx, item.owner_branch, item.default_placement, item.material_group, item.issue
    )
    if around.place is None:
        raise NotFoundError("branch_unknown")
    if not around.has_placement:
        raise NotFoundError("placement_unknown")
    if not around.has_material_group:
        raise NotFoundError("material_group_unknown")
    if item.issue is not None and around.issue_record != item.record:
        raise invalid_field("issue", "issue_of_other_record")
    return around.place


async def insert_numbered(tx: Transaction, item: Item, number: ItemNumber | None) -> ItemId:
    """Write a new item under `number`, or under the next free one of the agency's series."""
    if number is not None:
        made = await store.insert_item(tx, msgspec.structs.replace(item, number=number))
        if made is None:
            raise ConflictError("item_number_taken", number=number)
        return made
    for _ in range(_TRIES):
        drawn = await number_store.draw_number(tx, rules.default_series(tx.agency))
        if drawn is None:
            raise ConflictError("number_series_used_up")
        made = await store.insert_item(tx, msgspec.structs.replace(item, number=drawn))
        if made is not None:
            return made
    raise ConflictError("number_series_contested")


async def _refuse_double(tx: Transaction, number: str) -> None:
    """A number that another agency's copy bears would send this one to the wrong town."""
    await number_store.serialise_number(tx, number)
    if any(owner != tx.agency for owner in await number_store.owners_of_number(tx, number)):
        raise ConflictError("item_number_of_other_agency", number=number)


async def _write_change(tx: Transaction, changed: Item) -> None:
    try:
        is_written = await store.update_item(tx, changed)
    except asyncpg.UniqueViolationError:
        raise ConflictError("item_number_taken", number=changed.number) from None
    if not is_written:
        raise ConflictError("changed_meanwhile")


def _given(change: ItemChange) -> dict[str, object]:
    """The fields that the request speaks of, each checked."""
    if isinstance(change.rfid, msgspec.Struct) and (problems := rules.rfid_problems(change.rfid)):
        raise InvalidRequestError(problems=problems)
    if not isinstance(change.acquired_on, msgspec.UnsetType | None) and not is_plausible(change.acquired_on):
        raise invalid_field("acquired_on", "date_out_of_range")
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    del given["may_be_double"]
    return given


def _page(found: list[Item], limit: int) -> ItemPage:
    return ItemPage(items=tuple(found[:limit]), next=found[limit - 1].id if len(found) > limit else None)


def _registered(new: NewItem, record: RecordId) -> Item:
    return Item(
        id=UNSAVED,
        number=UNNUMBERED,
        kind=ItemKind.ITEM,
        record=record,
        issue=None if new.issue is None else IssueId(new.issue),
        owner_branch=BranchId(new.owner_branch),
        default_placement=PlacementId(new.default_placement),
        material_group=MaterialGroupId(new.material_group),
        price_ore=None if new.price_ore is None else Ore(new.price_ore),
        condition=new.condition,
        not_for_loan=new.not_for_loan,
        minimum_age=new.minimum_age,
        rfid=new.rfid,
        acquired_on=new.acquired_on,
    )
