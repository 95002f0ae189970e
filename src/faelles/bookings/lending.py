"""Handing out what was booked: each copy is an ordinary check-out, due on the booking's last day."""

from msgspec import Struct

from faelles.bookings import keeping, keeping_store, store
from faelles.bookings.model import BookingState, LendBooking
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome
from faelles.circulation.loans.operations import checkout
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.patrons.reach import patron_to_change
from faelles.people.model import Caller, Permission


class HandedOut(Struct, frozen=True, kw_only=True):
    """How one copy's check-out ended."""

    item_number: str
    answer: CheckoutAnswer


async def lend_booking(
    tx: Transaction, caller: Caller, keyring: Keyring, booking: int, request: LendBooking
) -> list[HandedOut]:
    """Lend the copies kept for a booking to whoever booked them; one that is refused does not hold up the others.

    Needs CHECKOUT and OVERRIDE_DUE_DATE at the branch. Raises NotFoundError `booking_unknown`, ConflictError
    `booking_over` for a cancelled one, InvalidRequestError for a copy that is not kept for it.
    """
    caller.require(Permission.CHECKOUT)
    found = await store.find(tx, [booking])
    divisions = caller.divisions(Permission.CHECKOUT)
    if not found or (divisions is not None and found[0].division not in divisions):
        raise NotFoundError("booking_unknown")
    await patron_to_change(tx, caller, found[0].patron, Permission.CHECKOUT, "lend_booking")
    await store.lock(tx, [booking])
    known = (await store.find(tx, [booking]))[0]
    if known.state in (BookingState.CANCELLED, BookingState.CLOSED):
        raise ConflictError("booking_over")
    kept = await keeping_store.kept(tx, booking)
    if not set(request.items) <= kept.keys():
        raise invalid_field("items", "item_not_booked")
    handed_out = []
    for number in sorted(set(request.items) or kept):
        asked = CheckoutRequest(
            borrower=Borrower(patron=known.patron), item=number, branch=request.branch, due_on=known.last_day
        )
        answer = await checkout(tx, caller, keyring, asked)
        handed_out.append(HandedOut(item_number=number, answer=answer))
    lent = [
        (kept[each.item_number], each.answer.loan)
        for each in handed_out
        if each.answer.outcome is Outcome.LENT and each.answer.loan is not None
    ]
    await keeping.fulfil(tx, booking, lent)
    return handed_out
