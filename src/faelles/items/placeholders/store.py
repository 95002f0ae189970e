"""All SQL of what happens to a placeholder alone."""

from faelles.ground.database import Transaction
from faelles.ground.ids import ItemId

_RECEIVE = "UPDATE item SET received_at = $3, version = version + 1 WHERE agency_id = $1 AND id = $2"
_SEND_HOME = "UPDATE item SET sent_home_at = $3, version = version + 1 WHERE agency_id = $1 AND id = $2"


async def receive(tx: Transaction, item: ItemId) -> None:
    await tx.execute(_RECEIVE, tx.agency, item, tx.now)


async def send_home(tx: Transaction, item: ItemId) -> None:
    await tx.execute(_SEND_HOME, tx.agency, item, tx.now)
