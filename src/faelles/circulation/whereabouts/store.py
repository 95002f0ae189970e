"""SQL over the circulation state of items."""

from collections.abc import Sequence

from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId

# In the order of ids, so that two who want the same items never wait in a circle.
_LOCK = """
SELECT item_id, state
  FROM item_circulation
 WHERE agency_id = $1 AND item_id = ANY ($2::bigint[])
 ORDER BY item_id
   FOR NO KEY UPDATE
"""


_RELEASE = """
SELECT release_copy($1, item_id, 'withdrawn', $3, $4)
  FROM unnest($2::bigint[]) AS withdrawn (item_id)
"""
_HELD = "SELECT item_id FROM bound_copy WHERE agency_id = $1 AND item_id = ANY ($2::bigint[])"


_MARK_BOOKED = """
UPDATE item_circulation AS w
   SET is_booked = NOT w.is_booked
 WHERE w.agency_id = $1 AND w.item_id = ANY ($2::bigint[])
   AND w.is_booked <> EXISTS (SELECT FROM booked_copy AS b WHERE b.agency_id = $1 AND b.item_id = w.item_id)
"""


async def mark_booked(tx: Transaction, items: Sequence[ItemId]) -> None:
    """Note of each item, which is locked, whether any booking keeps it."""
    await tx.execute(_MARK_BOOKED, tx.agency, list(items))


async def release(tx: Transaction, items: Sequence[ItemId]) -> None:
    """Copies that are withdrawn are for nobody any more."""
    await tx.execute(_RELEASE, tx.agency, sorted(items), tx.now, tx.actor.told)


async def held_items(tx: Transaction, items: Sequence[ItemId]) -> frozenset[ItemId]:
    """Those of `items`, which are locked, that are bound to a hold."""
    return frozenset(row["item_id"] for row in await tx.rows(_HELD, tx.agency, items))


async def lock_states(tx: Transaction, items: Sequence[ItemId]) -> dict[ItemId, str]:
    """Lock the items among `items` that are the agency's until the commit, and tell the state of each."""
    return {row["item_id"]: row["state"] for row in await tx.rows(_LOCK, tx.agency, items)}
