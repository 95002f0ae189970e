"""The SQL of what an item stands in: branch, placement, material group, issue, through the views of their rooms."""

from dataclasses import dataclass

from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, IssueId, MaterialGroupId, PlacementId, RecordId
from faelles.people.model import Place

_SURROUNDINGS = """
SELECT (SELECT division_id FROM branch_directory WHERE agency_id = $1 AND branch_id = $2::bigint) AS division_id,
       EXISTS (SELECT FROM placement_directory WHERE agency_id = $1 AND placement_id = $3::bigint) AS has_placement,
       EXISTS (SELECT FROM material_group_directory
                WHERE agency_id IN (0, $1) AND material_group_id = $4::bigint) AS has_material_group,
       (SELECT record_id FROM title_issue WHERE issue_agency_id IN (0, $1) AND issue_id = $5) AS issue_record_id
"""

_PLACE_OF_PLACEMENT = """
SELECT b.division_id, b.branch_id
  FROM placement_directory AS p
  JOIN branch_directory AS b ON b.agency_id = p.agency_id AND b.branch_id = p.branch_id
 WHERE p.agency_id = $1 AND p.placement_id = $2::bigint
"""

_MATERIAL_GROUP = """
SELECT EXISTS (SELECT FROM material_group_directory WHERE agency_id IN (0, $1) AND material_group_id = $2::bigint)
"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an item's numbers point at, as far as the agency can see it."""

    place: Place | None
    has_placement: bool
    has_material_group: bool
    issue_record: RecordId | None


async def surroundings(
    tx: Transaction, branch: BranchId, placement: PlacementId, group: MaterialGroupId, issue: IssueId | None
) -> Surroundings:
    row = await tx.row(_SURROUNDINGS, tx.agency, branch, placement, group, issue)
    if row is None:
        raise LookupError("a select without a table returns its row")
    division = row["division_id"]
    return Surroundings(
        place=None if division is None else Place(division, branch),
        has_placement=row["has_placement"],
        has_material_group=row["has_material_group"],
        issue_record=row["issue_record_id"],
    )


async def find_place_of_placement(tx: Transaction, placement: PlacementId) -> Place | None:
    row = await tx.row(_PLACE_OF_PLACEMENT, tx.agency, placement)
    return None if row is None else Place(row["division_id"], row["branch_id"])


async def is_material_group_visible(tx: Transaction, group: MaterialGroupId) -> bool:
    return bool(await tx.value(_MATERIAL_GROUP, tx.agency, group))
