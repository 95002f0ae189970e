"""What is done to an agency, its divisions, branches. What is inside a branch: see `opening` and `placements`.

Each operation raises ForbiddenError without the permission where it acts, NotFoundError for what is not the
agency's, InvalidRequestError for a request that cannot mean anything, ConflictError where a code is taken.
"""

from collections.abc import Sequence
from datetime import date

from faelles.agencies import events, rules, store
from faelles.agencies.model import (
    AddBranch,
    AddDivision,
    Agency,
    Branch,
    ChangeBranch,
    ChangeIsil,
    Division,
    FoundAgency,
)
from faelles.ground import events as log
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import (
    ConflictError,
    FieldProblem,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
)
from faelles.ground.ids import NATION, AgencyId, BranchId, DivisionId
from faelles.people.model import Caller, Permission, Place

# -- Agencies


async def next_agency_id(database: Database) -> AgencyId:
    """The id of an agency that is about to be founded, in a transaction opened with it."""
    return await store.next_agency_id(database)


async def found_agency(tx: Transaction, caller: Caller, request: FoundAgency) -> Agency:
    """Found the agency whose id (`next_agency_id`) the transaction was opened with."""
    _require_throughout(caller)
    refuse(rules.agency_problems(request))
    with store.conflicts_told():
        await store.insert_agency(tx, request)
    await log.append(tx, events.agency_founded(request))
    return await show_agency(tx, caller)


async def rename_agency(tx: Transaction, caller: Caller, name: str) -> Agency:
    _require_throughout(caller)
    if not await store.rename_agency(tx, name):
        raise NotFoundError("agency_unknown")
    await log.append(tx, events.agency_renamed(name))
    return await show_agency(tx, caller)


async def show_agency(tx: Transaction, caller: Caller) -> Agency:
    """The caller's own."""
    caller.require(Permission.AGENCY_VIEW)
    agency = await store.find_agency(tx, tx.agency)
    if agency is None:
        raise NotFoundError("agency_unknown")
    return agency


async def list_agencies(tx: Transaction, caller: Caller, *, after: AgencyId = NATION, limit: int = 200) -> list[Agency]:
    """The whole country's directory, in the order of the agencies' ids."""
    caller.require(Permission.AGENCY_VIEW)
    return await store.list_agencies(tx, after=after, limit=limit)


async def public_directory(tx: Transaction, *, limit: int) -> list[Agency]:
    """For whoever is about to sign in: which agencies there are is no secret."""
    return await store.list_agencies(tx, after=NATION, limit=limit)


# -- Divisions


async def add_division(tx: Transaction, caller: Caller, request: AddDivision) -> Division:
    _require_throughout(caller)
    with store.conflicts_told():
        division = await store.insert_division(tx, request)
    await log.append(tx, events.division_added(division, request))
    return await _division(tx, division)


async def rename_division(tx: Transaction, caller: Caller, division: DivisionId, name: str) -> Division:
    _require_throughout(caller, division)
    if not await store.rename_division(tx, division, name):
        raise NotFoundError("division_unknown")
    await log.append(tx, events.division_renamed(division, name))
    return await _division(tx, division)


async def change_isil(tx: Transaction, caller: Caller, division: DivisionId, request: ChangeIsil) -> Division:
    """Give a division another ISIL from a day on. The one it has must have begun before that day."""
    _require_throughout(caller, division)
    refuse(rules.day_problems("first_day", request.first_day))
    await _lock_division(tx, division)
    if not await store.end_isil(tx, division, request.first_day, request.isil):
        raise ConflictError("isil_begins_later")
    with store.conflicts_told():
        await store.start_isil(tx, division, request.first_day, request.isil)
    await log.append(tx, events.division_isil_changed(division, request.isil, request.first_day))
    return await _division(tx, division)


async def list_divisions(tx: Transaction, caller: Caller) -> list[Division]:
    caller.require(Permission.AGENCY_VIEW)
    return await store.list_divisions(tx)


# -- Branches


async def add_branch(tx: Transaction, caller: Caller, request: AddBranch) -> Branch:
    _require_throughout(caller, request.division)
    await _lock_division(tx, request.division)
    with store.conflicts_told():
        branch = await store.insert_branch(tx, request)
    await log.append(tx, events.branch_added(branch, request))
    return await find_branch(tx, branch)


async def change_branch(tx: Transaction, caller: Caller, branch: BranchId, request: ChangeBranch) -> Branch:
    await lock_branches(tx, caller, [branch])
    await store.change_branch(tx, branch, request)
    await log.append(tx, events.branch_changed(branch, request))
    return await find_branch(tx, branch)


async def close_branch(tx: Transaction, caller: Caller, branch: BranchId, closed_from: date | None) -> Branch:
    """Close a branch for good from a day on; None keeps it open after all. What it owns and has lent stays."""
    refuse([] if closed_from is None else rules.day_problems("closed_from", closed_from))
    await lock_branches(tx, caller, [branch])
    await store.close_branch(tx, branch, closed_from)
    await log.append(tx, events.branch_closed(branch, closed_from))
    return await find_branch(tx, branch)


async def show_branch(tx: Transaction, caller: Caller, branch: BranchId) -> Branch:
    caller.require(Permission.AGENCY_VIEW)
    return await find_branch(tx, branch)


async def list_branches(
    tx: Transaction,
    caller: Caller,  # noqa: ARG001 - every operation is told who asks; this one answers all of the agency
    *,
    after: str = "",
    limit: int = 200,
) -> list[Branch]:
    """In the order of their codes, for every caller of the agency."""
    return await store.list_branches(tx, after=after, limit=limit)


# -- What the operations share, those of `opening` and `placements` too


def refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise InvalidRequestError(problems=problems)


async def find_branch(tx: Transaction, branch: BranchId) -> Branch:
    """A branch of the transaction's agency. Raises NotFoundError for any other."""
    found = await store.find_branches(tx, [branch])
    if not found:
        raise NotFoundError("branch_unknown")
    return found[0]


async def lock_branches(tx: Transaction, caller: Caller, branches: Sequence[BranchId]) -> list[Branch]:
    """Branches the caller is about to change: all known, all within the caller's permission."""
    caller.require(Permission.AGENCY_EDIT)
    locked = await store.lock_branches(tx, branches)
    if len(locked) != len(set(branches)):
        raise NotFoundError("branch_unknown")
    for branch in locked:
        caller.require(Permission.AGENCY_EDIT, Place(branch.division, branch.id))
    return locked


def _require_throughout(caller: Caller, division: DivisionId | None = None) -> None:
    """Raise ForbiddenError unless the caller may edit the whole division, or, without one, the whole agency."""
    if not any(
        Permission.AGENCY_EDIT in grant.permissions and grant.branch is None and grant.division in {None, division}
        for grant in caller.grants
    ):
        raise ForbiddenError("permission_missing", permission=Permission.AGENCY_EDIT.value)


async def _lock_division(tx: Transaction, division: DivisionId) -> None:
    if not await store.lock_division(tx, division):
        raise NotFoundError("division_unknown")


async def _division(tx: Transaction, division: DivisionId) -> Division:
    divisions = await store.list_divisions(tx)
    return next(known for known in divisions if known.id == division)
