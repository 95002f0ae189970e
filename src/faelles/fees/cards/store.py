"""Where a patron is at home, and as what: read through the views of the patrons' room."""

from datetime import date

from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, DivisionId, PatronGroupId, PatronId

_HOME_BRANCH = "SELECT home_branch_id FROM borrower WHERE agency_id = $1 AND patron_id = $2"

_GROUP = """
SELECT patron_group_id FROM borrower_membership
 WHERE agency_id = $1 AND patron_id = $2 AND division_id = $3 AND valid @> $4::date
"""


async def home_branch(tx: Transaction, patron: PatronId) -> BranchId:
    return BranchId(await tx.value(_HOME_BRANCH, tx.agency, patron))


async def group_in(tx: Transaction, patron: PatronId, division: DivisionId, day: date) -> PatronGroupId | None:
    """The patron's group as a member of `division` on `day`; None for whoever is no member."""
    group: PatronGroupId | None = await tx.value(_GROUP, tx.agency, patron, division, day)
    return group
