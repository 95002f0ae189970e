"""All SQL of parts and notes. They are read with their item."""

from collections.abc import Sequence

from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId
from faelles.items.model import NewNote, Part

_DELETE_PARTS = "DELETE FROM item_part WHERE agency_id = $1 AND item_id = $2"
_INSERT_PARTS = """
INSERT INTO item_part (agency_id, item_id, number, description, is_present)
SELECT $1, $2, n.* FROM unnest($3::integer[], $4::text[], $5::boolean[]) AS n
"""
_MARK_PART = "UPDATE item_part SET is_present = $4 WHERE agency_id = $1 AND item_id = $2 AND number = $3::bigint"

_INSERT_NOTE = """
INSERT INTO item_note (agency_id, item_id, text, on_checkout, on_return, written_by, written_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
"""
_DISMISS_NOTE = """
UPDATE item_note SET dismissed_at = $4, dismissed_by = $5
 WHERE agency_id = $1 AND item_id = $2 AND id = $3 AND dismissed_at IS NULL
"""

_NOTE_TAG = """
INSERT INTO item_tag (agency_id, item_id, properties, told_by, told_at)
SELECT $1, id, $3, $4, $5 FROM item WHERE agency_id = $1 AND number = $2
    ON CONFLICT (agency_id, item_id)
    DO UPDATE SET properties = EXCLUDED.properties, told_by = EXCLUDED.told_by, told_at = EXCLUDED.told_at
RETURNING item_id
"""


async def replace_parts(tx: Transaction, item: ItemId, parts: Sequence[Part]) -> None:
    await tx.execute(_DELETE_PARTS, tx.agency, item)
    if parts:
        columns = zip(*((part.number, part.description, part.is_present) for part in parts), strict=True)
        await tx.execute(_INSERT_PARTS, tx.agency, item, *columns)


async def mark_part(tx: Transaction, item: ItemId, part: int, *, is_present: bool) -> bool:
    return await tx.execute(_MARK_PART, tx.agency, item, part, is_present) > 0


async def insert_note(tx: Transaction, item: ItemId, note: NewNote) -> int:
    written: int = await tx.value(
        _INSERT_NOTE, tx.agency, item, note.text, note.on_checkout, note.on_return, str(tx.actor), tx.now
    )
    return written


async def dismiss_note(tx: Transaction, item: ItemId, note: int) -> bool:
    return await tx.execute(_DISMISS_NOTE, tx.agency, item, note, tx.now, str(tx.actor)) > 0


async def note_tag(tx: Transaction, number: str, properties: str) -> ItemId | None:
    """The item; None where nothing carries the number."""
    noted: int | None = await tx.value(_NOTE_TAG, tx.agency, number, properties, str(tx.actor), tx.now)
    return None if noted is None else ItemId(noted)
