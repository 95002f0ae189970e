"""Parts and notes. Whoever has the copy in hand sees them, so ITEM_EDIT anywhere in the agency will do."""

from collections.abc import Sequence

from faelles.ground.database import Transaction
from faelles.ground.errors import InvalidRequestError, NotFoundError
from faelles.ground.events import append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import ItemId
from faelles.items import events, rules
from faelles.items import store as items
from faelles.items.model import Item, NewNote, Part
from faelles.items.operations import found_item
from faelles.items.particulars import store
from faelles.people.model import Caller, Permission


async def describe_parts(tx: Transaction, caller: Caller, item: ItemId, parts: Sequence[Part]) -> Item:
    """The parts the copy has from now on, in place of those it had."""
    caller.require(Permission.ITEM_EDIT)
    if problems := rules.parts_problems(parts):
        raise InvalidRequestError(problems=problems)
    await _hold(tx, item)
    await store.replace_parts(tx, item, parts)
    await append(tx, events.item_parts_described(item, len(parts)))
    return await found_item(tx, item)


async def mark_part(tx: Transaction, caller: Caller, item: ItemId, part: int, *, is_present: bool) -> Item:
    """A part is missing, or there again."""
    caller.require(Permission.ITEM_EDIT)
    await _hold(tx, item)
    if not await store.mark_part(tx, item, part, is_present=is_present):
        raise NotFoundError("item_part_unknown")
    await append(tx, events.item_part_marked(item, part, is_present=is_present))
    return await found_item(tx, item)


async def write_note(tx: Transaction, caller: Caller, item: ItemId, note: NewNote, *, key: str | None = None) -> Item:
    """Say this at the desk when the copy is lent or returned, until somebody dismisses it."""
    caller.require(Permission.ITEM_EDIT)
    await _hold(tx, item)
    if await recall(tx, "write_note", key, (item, note), int):
        return await found_item(tx, item)
    written = await store.insert_note(tx, item, note)
    await append(tx, events.item_note_written(item, written))
    await remember(tx, "write_note", key, (item, note), written)
    return await found_item(tx, item)


async def dismiss_note(tx: Transaction, caller: Caller, item: ItemId, note: int) -> Item:
    """Raises NotFoundError `item_note_unknown`, also when it was dismissed before."""
    caller.require(Permission.ITEM_EDIT)
    await _hold(tx, item)
    if not await store.dismiss_note(tx, item, note):
        raise NotFoundError("item_note_unknown")
    await append(tx, events.item_note_dismissed(item, note))
    return await found_item(tx, item)


async def note_tag(tx: Transaction, caller: Caller, number: str, properties: str) -> ItemId:
    """Keep what a machine says of a copy's tag, in place of what was said before. Raises NotFoundError."""
    caller.require(Permission.TAG_NOTE)
    noted = await store.note_tag(tx, number, properties)
    if noted is None:
        raise NotFoundError("material_not_found")
    await append(tx, events.item_tag_noted(noted))
    return noted


async def _hold(tx: Transaction, item: ItemId) -> None:
    if item not in await items.hold_items(tx, [item]):
        raise NotFoundError("item_unknown")
