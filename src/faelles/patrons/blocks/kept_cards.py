"""A machine keeps a card, or gives it back: the block that stands meanwhile."""

from faelles.ground import events
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.blocks import store
from faelles.patrons.blocks.model import BlockCode
from faelles.patrons.events import PatronEvent, about
from faelles.patrons.reach import patron_to_change
from faelles.patrons.relations.operations import today_of
from faelles.people.model import Caller, Permission, Place


async def block_kept_card(
    tx: Transaction, caller: Caller, patron: PatronId, place: Place, *, reason: str | None
) -> None:
    """Block the patron in the machine's division until the machine or staff lift it. Told twice it is one block."""
    caller.require(Permission.CARD_BLOCK, place)
    known = await patron_to_change(tx, caller, patron, Permission.CARD_BLOCK, "block_kept_card")
    if await store.set_by_actor(tx, patron, place.division):
        return
    first, code = await today_of(tx, known), BlockCode.MANUAL
    await store.insert(tx, patron, code, division=place.division, reason=reason, first=first, last=None)
    await events.append(tx, about(known, PatronEvent.BLOCKED, code=code.value, division=place.division))


async def let_in_again(tx: Transaction, caller: Caller, patron: PatronId, place: Place) -> None:
    """Lift what this very machine blocked, and nothing else."""
    caller.require(Permission.CARD_BLOCK, place)
    known = await patron_to_change(tx, caller, patron, Permission.CARD_BLOCK, "let_in_again")
    for block in await store.set_by_actor(tx, patron, place.division):
        await store.lift(tx, patron, block)
        code = BlockCode.MANUAL.value
        await events.append(tx, about(known, PatronEvent.UNBLOCKED, code=code, division=place.division))
