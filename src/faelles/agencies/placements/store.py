"""All SQL about placements."""

from collections.abc import Sequence
from typing import Final

from faelles.agencies.model import NewPlacement, Placement
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId, PlacementId

FIRST_PLACEMENT: Final = PlacementId(0)
"""Before all placements."""

_INSERT_PLACEMENTS = """
INSERT INTO placement (agency_id, branch_id, department, location, sublocation, section)
SELECT $1, $2, department, location, sublocation, section
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS added (department, location, sublocation, section)
    ON CONFLICT ON CONSTRAINT placement_known_once DO NOTHING
"""

_FIND_PLACEMENTS = """
SELECT p.id, p.branch_id, p.department, p.location, p.sublocation, p.section
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS named (department, location, sublocation, section)
  JOIN placement AS p
    ON (p.department, p.location, p.sublocation, p.section)
       IS NOT DISTINCT FROM (named.department, named.location, named.sublocation, named.section)
 WHERE p.agency_id = $1 AND p.branch_id = $2
 GROUP BY p.agency_id, p.id
 ORDER BY p.id
"""

_LIST_PLACEMENTS = """
SELECT id, branch_id, department, location, sublocation, section
  FROM placement
 WHERE agency_id = $1 AND id > $2 AND ($3::bigint IS NULL OR branch_id = $3::bigint)
 ORDER BY id
 LIMIT $4
"""


async def insert_placements(tx: Transaction, branch: BranchId, placements: Sequence[NewPlacement]) -> int:
    """Add those that the branch does not have yet; how many that were."""
    return await tx.execute(_INSERT_PLACEMENTS, tx.agency, branch, *_levels(placements))


async def find_placements(tx: Transaction, branch: BranchId, placements: Sequence[NewPlacement]) -> list[Placement]:
    """Those of a branch that stand where `placements` say, each once, in the order of their ids."""
    return [_placement(row) for row in await tx.rows(_FIND_PLACEMENTS, tx.agency, branch, *_levels(placements))]


async def list_placements(
    tx: Transaction, *, branch: BranchId | None = None, after: PlacementId = FIRST_PLACEMENT, limit: int | None = None
) -> list[Placement]:
    """Those of a branch, or of the whole agency, in the order of their ids."""
    return [_placement(row) for row in await tx.rows(_LIST_PLACEMENTS, tx.agency, after, branch, limit)]


def _levels(placements: Sequence[NewPlacement]) -> tuple[list[str | None], ...]:
    """Column by column."""
    return (
        [placement.department for placement in placements],
        [placement.location for placement in placements],
        [placement.sublocation for placement in placements],
        [placement.section for placement in placements],
    )


def _placement(row: Row) -> Placement:
    return Placement(
        id=row["id"],
        branch=row["branch_id"],
        department=row["department"],
        location=row["location"],
        sublocation=row["sublocation"],
        section=row["section"],
    )
