"""Who a check-out is for, beside the one that was scanned; and what is kept of who was."""

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.model import NOBODY, Borrower
from faelles.circulation.loans.model import CheckoutRequest
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import PatronId
from faelles.patrons import store as patrons
from faelles.patrons.reach import patron_to_change
from faelles.people.model import Caller, Permission


async def lock_both(tx: Transaction, borrower: Borrower, second: int | None) -> None:
    """Where there is a second borrower, lock the two by id, as far as both are known, before the copy: patron, queue,
    item is the one order everywhere.
    """
    if second is not None:
        both = {PatronId(second), PatronId(borrower.patron if borrower.patron is not None else second)}
        await patrons.lock(tx, sorted(both))


async def check_second(
    tx: Transaction, caller: Caller, second: int | None, permission: Permission, look: str
) -> Block | None:
    """What stands in the way of the second borrower: the caller knows nobody by that id. Whoever it is stays locked, so
    that no merge goes past the loan. `look` is what they read of it in the report of looks.
    """
    if second is None:
        return None
    try:
        await patron_to_change(tx, caller, PatronId(second), permission, look)
    except (NotFoundError, ConflictError):
        return block(BlockCode.SECOND_BORROWER_NOT_FOUND)
    return None


def without_identity(request: CheckoutRequest) -> CheckoutRequest:
    """The request less what was scanned and typed to say who: `Scanned` has it in a form that may be kept."""
    return msgspec.structs.replace(request, borrower=NOBODY, pin=None)
