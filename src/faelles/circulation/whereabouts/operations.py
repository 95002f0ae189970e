"""Taking copies away: what the stock decides, once circulation has said which of them are out.

The state is locked before it is read, and stays locked: nobody lends a copy while it is being withdrawn.
"""

from collections.abc import Sequence

from faelles.circulation.whereabouts import store
from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId
from faelles.items import operations as items
from faelles.items.model import Item, ItemOutcome, Withdrawal
from faelles.items.placeholders import operations as placeholders
from faelles.people.model import Caller, Permission

_OUT = frozenset({"on_loan", "in_transit", "claimed_returned"})
"""A lost or missing copy is not here either, but nobody is going to bring it back: that one may be withdrawn."""


async def withdraw_items(tx: Transaction, caller: Caller, request: Withdrawal) -> list[ItemOutcome]:
    """As `items.operations.withdraw`. A hold that a withdrawn copy was set aside for waits again."""
    caller.require(Permission.ITEM_WITHDRAW)
    wanted = [ItemId(item) for item in request.items]
    outcomes = await items.withdraw(tx, caller, request, out=await _lock_and_find_out(tx, wanted))
    await store.release(tx, [outcome.item for outcome in outcomes if outcome.refused is None])
    return outcomes


async def send_placeholder_home(tx: Transaction, caller: Caller, item: ItemId) -> Item:
    """As `items.placeholders.operations.send_placeholder_home`."""
    caller.require(Permission.ITEM_EDIT)
    is_out = item in await _lock_and_find_out(tx, [item]) | await store.held_items(tx, [item])
    return await placeholders.send_placeholder_home(tx, caller, item, is_out=is_out)


async def lock_copies(tx: Transaction, items: Sequence[ItemId]) -> None:
    """Nobody lends these copies, and none comes back, until the commit: for whoever is about to choose among them."""
    await store.lock_states(tx, items)


async def note_booked(tx: Transaction, items: Sequence[ItemId]) -> None:
    """A booking was made or given up of these copies: a check-out asks for the bookings of those that have any."""
    await store.lock_states(tx, items)
    await store.mark_booked(tx, items)


async def _lock_and_find_out(tx: Transaction, items: Sequence[ItemId]) -> frozenset[ItemId]:
    states = await store.lock_states(tx, items)
    return frozenset(item for item, state in states.items() if state in _OUT)
