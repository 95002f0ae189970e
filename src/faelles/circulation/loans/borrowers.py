"""Who a check-out is for, beside the one that was scanned; and what is kept of who was."""

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.model import NOBODY
from faelles.circulation.loans.model import CheckoutRequest
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import PatronId
from faelles.patrons.reach import patron_to_change
from faelles.people.model import Caller, Permission


async def check_second(tx: Transaction, caller: Caller, request: CheckoutRequest) -> Block | None:
    """What stands in the way of the second borrower: the caller knows nobody by that id. Whoever it is stays locked, so
    that no merge goes past the loan.
    """
    if request.second_borrower is None:
        return None
    try:
        await patron_to_change(tx, caller, PatronId(request.second_borrower), Permission.CHECKOUT, "checkout")
    except (NotFoundError, ConflictError):
        return block(BlockCode.SECOND_BORROWER_NOT_FOUND)
    return None


def without_identity(request: CheckoutRequest) -> CheckoutRequest:
    """The request less what was scanned and typed to say who: `Scanned` has it in a form that may be kept."""
    return msgspec.structs.replace(request, borrower=NOBODY, pin=None)
