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
"""A lost or missing copy is not here either, but nobody is going to bring it back: that one may be withdrawn. One that
is bound to a hold is out as well.
"""


async def withdraw_items(tx: Transaction, caller: Caller, request: Withdrawal) -> list[ItemOutcome]:
    """As `items.operations.withdraw`."""
    caller.require(Permission.ITEM_WITHDRAW)
    out = await _lock_and_find_out(tx, [ItemId(item) for item in request.items])
    return await items.withdraw(tx, caller, request, out=out)


async def send_placeholder_home(tx: Transaction, caller: Caller, item: ItemId) -> Item:
    """As `items.placeholders.operations.send_placeholder_home`."""
    caller.require(Permission.ITEM_EDIT)
    is_out = item in await _lock_and_find_out(tx, [item])
    return await placeholders.send_placeholder_home(tx, caller, item, is_out=is_out)


async def _lock_and_find_out(tx: Transaction, items: Sequence[ItemId]) -> frozenset[ItemId]:
    states = await store.lock_states(tx, items)
    out = frozenset(item for item, state in states.items() if state in _OUT)
    return out | await store.held_items(tx, items)
