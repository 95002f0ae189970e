"""Where a copy has been: its loans and its journeys."""

import msgspec

from faelles.circulation.looking import store
from faelles.circulation.looking.model import CopyHistory
from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId
from faelles.items.operations import view_item
from faelles.patrons.reach import looked_at
from faelles.people.model import Caller, Permission


async def copy_history(tx: Transaction, caller: Caller, item: ItemId, *, limit: int = 20) -> CopyHistory:
    """The latest first, `limit` of each. Who borrowed is told, by id, only to those who may see the loan;
    that is a look, and recorded. Raises NotFoundError for an item the agency has not got.
    """
    await view_item(tx, caller, item)
    visible = caller.divisions(Permission.PATRON_VIEW) if caller.may(Permission.PATRON_VIEW) else frozenset()
    loans = [
        each if visible is None or each.division in visible else msgspec.structs.replace(each, borrower=None)
        for each in await store.loans_of_item(tx, item, limit)
    ]
    await looked_at(tx, caller, "copy_history", sorted({each.borrower for each in loans if each.borrower is not None}))
    return CopyHistory(loans=tuple(loans), journeys=tuple(await store.journeys_of_item(tx, item, limit)))
