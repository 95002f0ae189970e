"""The SQL of taking a title's queue, and a copy after it: the one order everywhere."""

from collections.abc import Sequence

from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId, RecordId

_LOCK_TITLE = "SELECT pg_advisory_xact_lock(title_lock($1, $2))"
_LOCK_ITEM = "SELECT FROM item_circulation WHERE agency_id = $1 AND item_id = $2 FOR NO KEY UPDATE"


async def lock_title(tx: Transaction, record: RecordId) -> None:
    """Take the queue of a title whole."""
    await tx.value(_LOCK_TITLE, tx.agency, record)


async def lock_titles(tx: Transaction, records: Sequence[RecordId]) -> None:
    """Take queues whole, in the order of their ids."""
    for record in sorted(set(records)):
        await lock_title(tx, record)


async def lock_title_and_item(tx: Transaction, record: RecordId, item: ItemId) -> None:
    """Take the queue whole, then a copy."""
    await lock_title(tx, record)
    await tx.rows(_LOCK_ITEM, tx.agency, item)
