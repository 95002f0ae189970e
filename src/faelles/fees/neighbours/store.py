"""All SQL about the neighbours."""

from faelles.fees.neighbours.model import Adapter, Neighbour, Role, SetNeighbour
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId

_LOAD = """
SELECT role, adapter, address, merchant, secret, set_at, set_by FROM money_neighbour WHERE agency_id = $1 AND role = $2
"""

_SET = """
INSERT INTO money_neighbour (agency_id, role, adapter, address, merchant, secret, set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (agency_id, role) DO UPDATE
   SET adapter = $3, address = $4, merchant = $5, secret = $6, set_at = $7, set_by = $8
"""

_PRETENDED = "SELECT agency_id, role FROM pretended_neighbours()"


async def load(tx: Transaction, role: Role) -> tuple[Neighbour, bytes] | None:
    """The neighbour and its sealed secret."""
    row = await tx.row(_LOAD, tx.agency, role)
    if row is None:
        return None
    neighbour = Neighbour(
        role=Role(row["role"]),
        adapter=Adapter(row["adapter"]),
        address=row["address"],
        merchant=row["merchant"],
        set_at=row["set_at"],
        set_by=row["set_by"],
    )
    return neighbour, row["secret"]


async def save(tx: Transaction, role: Role, request: SetNeighbour, sealed: bytes) -> None:
    await tx.execute(
        _SET,
        tx.agency,
        role,
        request.adapter,
        request.address,
        request.merchant,
        sealed,
        tx.now,
        str(tx.actor),
    )


async def pretended(database: Database) -> list[tuple[AgencyId, Role]]:
    """Everybody's built-in neighbours."""
    rows = await database.outside_agencies(_PRETENDED)
    return [(AgencyId(row["agency_id"]), Role(row["role"])) for row in rows]
