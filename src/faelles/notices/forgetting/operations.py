"""Forgetting what was written to whom."""

from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.ids import PatronId
from faelles.notices.forgetting import store


async def forget_messages(tx: Transaction, before: datetime) -> Forgotten:
    """Messages written before that moment, with every try to deliver them, and what they were about."""
    return Forgotten(await store.forget_messages(tx, before))


async def erase(tx: Transaction, patron: PatronId) -> None:
    """Messages to the patron, the patron's wishes, and the words of messages to others about the patron."""
    await store.erase(tx, patron)
