"""Forgetting what was booked by whom."""

from datetime import datetime

from faelles.bookings.forgetting import store
from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.ids import PatronId


async def forget_bookings(tx: Transaction, before: datetime) -> Forgotten:
    """Bookings that were over before that moment."""
    bookings = await store.over(tx, before)
    await store.delete(tx, bookings)
    return Forgotten(len(bookings))


async def erase(tx: Transaction, patron: PatronId) -> None:
    """Everything the patron booked."""
    await store.delete(tx, await store.of_patron(tx, patron))
