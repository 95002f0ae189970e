"""What is done to the placements of a branch. Errors are as in the operations of the agencies."""

from collections.abc import Sequence

from faelles.agencies.events import placements_added
from faelles.agencies.model import NewPlacement, Placement
from faelles.agencies.operations import lock_branches, refuse, show_branch
from faelles.agencies.placements import store
from faelles.agencies.rules import placement_problems
from faelles.ground import events as log
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, PlacementId
from faelles.people.model import Caller


async def add_placements(
    tx: Transaction, caller: Caller, branch: BranchId, placements: Sequence[NewPlacement]
) -> list[Placement]:
    """Add those that the branch does not have yet; each of the ones asked for, with its id."""
    refuse(placement_problems(placements))
    await lock_branches(tx, caller, [branch])
    added = await store.insert_placements(tx, branch, placements)
    if added:
        await log.append(tx, placements_added(branch, added))
    return await store.find_placements(tx, branch, placements)


async def list_placements(
    tx: Transaction, caller: Caller, branch: BranchId, *, after: PlacementId = store.FIRST_PLACEMENT, limit: int = 200
) -> list[Placement]:
    await show_branch(tx, caller, branch)
    return await store.list_placements(tx, branch=branch, after=after, limit=limit)
