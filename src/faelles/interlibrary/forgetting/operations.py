"""Forgetting what was asked of other libraries for whom."""

from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.ids import PatronId
from faelles.interlibrary.forgetting import store


async def forget_requests(tx: Transaction, before: datetime) -> Forgotten:
    """Requests that ended before that moment."""
    return Forgotten(await store.forget(tx, before))


async def erase(tx: Transaction, patron: PatronId) -> None:
    """Everything that was asked for the patron."""
    await store.erase(tx, patron)
