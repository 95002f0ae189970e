"""The SQL of other municipalities' copies: whose a number is, and that one was seen."""

from dataclasses import dataclass
from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.ids import AgencyId, BranchId


@dataclass(frozen=True, slots=True)
class Owner:
    """The agency a number belongs to."""

    agency: AgencyId
    name: str
    isil: str


_OWNER_OF_NUMBER = """
SELECT a.agency_id, a.name, a.isil
  FROM owners_of_item_number($1) AS owner (agency_id)
  JOIN agency_directory AS a ON a.agency_id = owner.agency_id
 LIMIT 1
"""
_NOTE_SIGHTING = """
INSERT INTO foreign_sighting (agency_id, owner_agency_id, item_number, branch_id, seen_at) VALUES ($1, $2, $3, $4, $5)
"""


async def owner_of_number(tx: Transaction, item_number: str) -> Owner | None:
    """Which municipality owns a number, and nothing else."""
    row = await tx.row(_OWNER_OF_NUMBER, item_number)
    return Owner(row["agency_id"], row["name"], row["isil"]) if row else None


async def note_sighting(
    tx: Transaction, owner: AgencyId, item_number: str, branch: BranchId, seen_at: datetime
) -> None:
    await tx.execute(_NOTE_SIGHTING, tx.agency, owner, item_number, branch, seen_at)
