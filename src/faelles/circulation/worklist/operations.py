"""Looking through the work list and settling its entries."""

from faelles.circulation.worklist import store
from faelles.circulation.worklist.model import Settle, WorkEntry
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.events import Event, append
from faelles.ground.ids import BranchId
from faelles.people.model import Caller, Permission, Place, listed


async def list_work(
    tx: Transaction, caller: Caller, *, branch: BranchId | None = None, after: int = 0, limit: int = 50
) -> list[WorkEntry]:
    """What nobody has settled yet, oldest first, in the divisions the caller works for."""
    caller.require(Permission.WORKLIST)
    divisions = caller.divisions(Permission.WORKLIST)
    return await store.list_open(tx, branch=branch, divisions=listed(divisions), after=after, limit=limit)


async def settle(tx: Transaction, caller: Caller, entry: int, request: Settle) -> WorkEntry:
    """Take an entry off the list. One that is off it already stays as it was settled."""
    caller.require(Permission.WORKLIST)
    found = await store.lock(tx, entry)
    if found is None or Permission.WORKLIST not in caller.permissions_at(Place(found.division, found.branch)):
        raise NotFoundError("work_entry_unknown")
    if found.settled_at is None:
        await store.settle(tx, entry, request.how, tx.now)
        await append(tx, Event(kind="work.settled", subject=entry, dimensions={"kind": found.kind}))
    return await store.lock(tx, entry) or found
