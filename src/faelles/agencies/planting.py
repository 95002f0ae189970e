"""Put a seed into the database: an agency with all its divisions, branches, placements and opening hours."""

from faelles.agencies.directory import AgencyDirectory, load_directory
from faelles.agencies.model import AddBranch, AddDivision
from faelles.agencies.opening.model import SetOpeningHours
from faelles.agencies.opening.operations import set_opening_hours
from faelles.agencies.operations import add_branch, add_division, found_agency
from faelles.agencies.placements.operations import add_placements
from faelles.agencies.seeds import AgencySeed, BranchSeed
from faelles.ground.database import Transaction
from faelles.ground.fields import EARLIEST_DAY
from faelles.ground.ids import DivisionId
from faelles.people.model import Caller


async def plant_agency(tx: Transaction, caller: Caller, seed: AgencySeed) -> AgencyDirectory:
    """Found the agency in a transaction opened with its new id (operations.next_agency_id)."""
    await found_agency(tx, caller, seed.founding)
    for division_seed in seed.divisions:
        division = await add_division(
            tx,
            caller,
            AddDivision(kind=division_seed.kind, name=division_seed.name, isil=division_seed.isil),
        )
        for branch_seed in division_seed.branches:
            await _plant_branch(tx, caller, division.id, branch_seed)
    return await load_directory(tx)


async def _plant_branch(tx: Transaction, caller: Caller, division: DivisionId, seed: BranchSeed) -> None:
    branch = await add_branch(
        tx,
        caller,
        AddBranch(division=division, code=seed.code, name=seed.name, kind=seed.kind, is_pickup=seed.is_pickup),
    )
    await add_placements(tx, caller, branch.id, seed.placements)
    for week in seed.weeks:
        await set_opening_hours(
            tx,
            caller,
            branch.id,
            SetOpeningHours(service=week.service, hours=week.hours, first_day=EARLIEST_DAY),
        )
