"""Forgetting who borrowed and who waited. Loans, holds and events stay for statistics, and link to nobody."""

from datetime import datetime

from faelles.circulation.forgetting import store
from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten, activity
from faelles.ground.ids import PatronId


async def forget_returned(tx: Transaction, before: datetime) -> Forgotten:
    """Borrowers of loans closed before that moment, but for those who keep their history and for unpaid claims."""
    rows, seen = await store.forget_returned(tx, before)
    return Forgotten(rows, activity(seen))


async def forget_lost(tx: Transaction, before: datetime) -> Forgotten:
    """Borrowers of what was lost and settled before that moment. The loan stays open, and is nobody's."""
    rows, seen = await store.forget_lost(tx, before)
    return Forgotten(rows, activity(seen))


async def forget_history(tx: Transaction, patron: PatronId, before: datetime) -> int:
    """What was kept of a patron's loans for their consent alone; how many loans."""
    return await store.forget_history(tx, patron, before)


async def forget_holds(tx: Transaction, before: datetime) -> Forgotten:
    rows, seen = await store.forget_holds(tx, before)
    return Forgotten(rows, activity(seen))


async def forget_overrides(tx: Transaction, before: datetime) -> Forgotten:
    """What was disregarded for loans and holds that ended before that moment, with the reasons given."""
    return Forgotten(await store.forget_overrides(tx, before))


async def forget_decisions(tx: Transaction, before: datetime) -> Forgotten:
    return Forgotten(await store.forget_decisions(tx, before))


async def forget_scans(tx: Transaction, before: datetime) -> Forgotten:
    """The cards on tasks that were settled before that moment."""
    return Forgotten(await store.forget_scans(tx, before))


async def erase(tx: Transaction, patron: PatronId) -> None:
    """Everything of one patron, whom nothing is on loan or on hold for."""
    await store.erase(tx, patron)
