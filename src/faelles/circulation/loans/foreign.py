"""A book that is not ours: recognised as another municipality's, and sent home."""

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.opening import Desk
from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.loans import foreign_store, returning
from faelles.circulation.loans.model import ReturnAnswer, ReturnRequest
from faelles.circulation.transit.store import add_foreign
from faelles.ground.database import Transaction
from faelles.ground.events import Event, append
from faelles.ground.idempotency import keep


async def name_owner(tx: Transaction, item_number: str, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """The blocks of a check-out, saying whose the item is where it is not ours."""
    if not any(each.code is BlockCode.MATERIAL_NOT_FOUND for each in blocks):
        return blocks
    owner = await foreign_store.owner_of_number(tx, item_number)
    if owner is None:
        return blocks
    others = tuple(each for each in blocks if each.code is not BlockCode.MATERIAL_NOT_FOUND)
    return (*others, block(BlockCode.MATERIAL_FOREIGN, None, owner=owner.name))


async def recognise(tx: Transaction, desk: Desk, request: ReturnRequest, repeat: Repeatable) -> ReturnAnswer:
    """Say whose the item is, and leave the owner a note that it was seen here: the borrower's clock stops now. Nothing
    is learnt of the borrower, and the owner learns nothing of who handed it in.
    """
    owner = await foreign_store.owner_of_number(tx, request.item)
    if owner is None:
        return returning.unknown()
    answer = returning.foreign(desk, owner.name, owner.isil)
    if not request.dry_run:
        await foreign_store.note_sighting(tx, owner.agency, request.item, desk.branch, request.returned_at or desk.now)
        await append(tx, Event(kind="item.foreign_seen", subject=owner.agency, dimensions={"branch": desk.branch}))
        await add_foreign(tx, owner.agency, request.item, desk.branch)
        await keep(tx, repeat.operation, repeat.key, repeat.fingerprint, answer)
    return answer
