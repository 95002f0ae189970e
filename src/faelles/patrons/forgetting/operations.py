"""Forgetting patrons, and what no longer holds of those who stay."""

from datetime import datetime

from faelles.ground.database.transaction import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.ids import PatronId
from faelles.patrons.forgetting import store


async def forget_relations(tx: Transaction, before: datetime) -> Forgotten:
    """Identifiers, memberships, guardians, places in classes, blocks and absences that ended before that moment."""
    return Forgotten(await store.forget_relations(tx, before))


async def forget_links(tx: Transaction, before: datetime) -> Forgotten:
    """Links sent by mail that ran out before that moment."""
    return Forgotten(await store.forget_links(tx, before))


async def signposts(tx: Transaction, patron: PatronId) -> list[PatronId]:
    """Who was merged into the patron: the same person under other numbers."""
    return await store.signposts(tx, patron)


async def erase(tx: Transaction, patron: PatronId) -> None:
    """The patron and everything of this room that hangs on it, once every room above has erased its own."""
    await store.erase(tx, patron)
