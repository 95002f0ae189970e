"""Which copies a booking has: kept, given up, lent. Circulation hears of each, because a check-out asks it."""

from collections.abc import Sequence

from faelles.bookings import keeping_store, store
from faelles.bookings.events import about
from faelles.bookings.keeping_store import Days
from faelles.bookings.model import BookingState
from faelles.circulation.whereabouts.operations import note_booked
from faelles.ground import events
from faelles.ground.database import Transaction
from faelles.ground.events import read_next
from faelles.ground.ids import ItemId, LoanId

READER = "bookings"


async def keep(
    tx: Transaction, booking: int, items: Sequence[ItemId], stock: Sequence[tuple[int, int]], busy: Days
) -> None:
    """Keep copies and quantities for a booking, in place of what it had."""
    given_up = await keeping_store.release(tx, booking)
    await keeping_store.keep(tx, booking, items, stock, busy)
    await note_booked(tx, sorted({*given_up, *items}))


async def release(tx: Transaction, booking: int) -> None:
    await note_booked(tx, await keeping_store.release(tx, booking))


async def fulfil(tx: Transaction, booking: int, lent: Sequence[tuple[ItemId, LoanId]]) -> None:
    """Copies of a booking, which is locked, were lent to whoever booked them."""
    for item, loan in lent:
        await keeping_store.set_loan(tx, booking, item, loan)
    await note_booked(tx, sorted(item for item, _ in lent))
    known = (await store.find(tx, [booking]))[0]
    if lent and known.state is BookingState.BOOKED:
        await store.set_state(tx, booking, BookingState.LENT)
        await events.append(tx, about("booking.lent", known))


async def fulfil_from_events(tx: Transaction) -> tuple[int, int]:
    """Read on in the agency's log for loans of booked copies to whoever booked them, wherever they were lent: how many
    events were read, how many such loans were found.
    """
    happened = await read_next(tx, READER)
    loans = [LoanId(event.loan) for event in happened if event.kind == "loan.opened" and event.loan is not None]
    found = await keeping_store.lent_of_booked(tx, loans) if loans else []
    bookings = sorted({booking for booking, _, _ in found})
    await store.lock(tx, bookings)
    for each in bookings:
        await fulfil(tx, each, [(item, loan) for booking, item, loan in found if booking == each])
    return len(happened), len(found)
