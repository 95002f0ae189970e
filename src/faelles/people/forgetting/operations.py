"""Forgetting staff who left, whom the supplier let in, traces of machines, and a patron's sessions."""

from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.ids import NATION, PatronId
from faelles.people.forgetting import store


async def forget_staff(tx: Transaction, before: datetime) -> Forgotten:
    """Name, username, password and roles of staff who were disabled before that moment; the number stays."""
    if tx.agency == NATION:
        return Forgotten(0)
    return Forgotten(await store.forget_staff(tx, before))


async def forget_support(tx: Transaction, before: datetime) -> Forgotten:
    return Forgotten(await store.forget_support(tx, before))


async def forget_traces(tx: Transaction, before: datetime) -> Forgotten:
    return Forgotten(await store.forget_traces(tx, before))


async def erase(tx: Transaction, patron: PatronId) -> None:
    """The patron's sessions, which end with it."""
    await store.forget_sessions_of(tx, patron)
