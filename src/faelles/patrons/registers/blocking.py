"""The block of somebody whom the register tells to be dead."""

from faelles.ground import events
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.blocks import store as blocks
from faelles.patrons.blocks.model import BlockCode
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.model import Patron
from faelles.patrons.relations.operations import today_of


async def is_blocked_as_deceased(tx: Transaction, patron: PatronId) -> bool:
    return any(each.code is BlockCode.DECEASED for each in await blocks.standing(tx, patron))


async def block_deceased(tx: Transaction, known: Patron) -> bool:
    """Block somebody who has died; whether that was a change."""
    if await is_blocked_as_deceased(tx, known.id):
        return False
    today = await today_of(tx, known)
    await blocks.insert(tx, known.id, BlockCode.DECEASED, division=None, reason=None, first=today, last=None)
    await events.append(tx, about(known, PatronEvent.BLOCKED, code=BlockCode.DECEASED.value))
    return True
