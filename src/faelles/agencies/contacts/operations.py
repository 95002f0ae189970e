"""Setting and showing how branches are reached."""

from collections.abc import Sequence

from faelles.agencies.contacts import store
from faelles.agencies.contacts.model import BranchContact, ContactShown
from faelles.agencies.operations import lock_branches, show_branch
from faelles.ground import events as log
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId
from faelles.people.model import Caller, Permission


async def set_contact(tx: Transaction, caller: Caller, branch: BranchId, request: BranchContact) -> ContactShown:
    """Raises NotFoundError for a branch the agency has not got."""
    await lock_branches(tx, caller, [branch])
    await store.save(tx, branch, request)
    await log.append(tx, log.Event(kind="branch_contact.set", subject=branch, dimensions={}))
    return ContactShown(branch=branch, contact=request)


async def show_contact(tx: Transaction, caller: Caller, branch: BranchId) -> ContactShown:
    await show_branch(tx, caller, branch)
    return (await contacts_of(tx, caller, [branch]))[0]


async def contacts_of(tx: Transaction, caller: Caller, branches: Sequence[BranchId]) -> list[ContactShown]:
    """In the order of `branches`; of a branch that nobody wrote anything about nothing is known."""
    caller.require(Permission.AGENCY_VIEW)
    known = await store.load(tx, branches)
    return [ContactShown(branch=branch, contact=known.get(branch, BranchContact())) for branch in branches]
