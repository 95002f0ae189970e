"""A book that is not ours: recognised as another municipality's, and sent home."""

from faelles.circulation.loans import rare_store, returning
from faelles.circulation.loans.desk import Desk
from faelles.circulation.loans.model import ReturnAnswer, ReturnRequest
from faelles.ground.database import Transaction
from faelles.ground.events import Event, append


async def recognise(tx: Transaction, desk: Desk, request: ReturnRequest) -> ReturnAnswer:
    """Say whose the item is, and leave the owner a note that it was seen here: the borrower's clock stops now. Nothing
    is learnt of the borrower, and the owner learns nothing of who handed it in.
    """
    owner = await rare_store.owner_of_number(tx, request.item)
    if owner is None:
        return returning.unknown()
    if not request.dry_run:
        await rare_store.note_sighting(tx, owner.agency, request.item, desk.branch, request.returned_at or desk.now)
        await append(tx, Event(kind="item.foreign_seen", subject=owner.agency, dimensions={"branch": desk.branch}))
    return returning.foreign(owner.name)
