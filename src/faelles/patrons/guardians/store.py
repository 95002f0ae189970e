"""SQL for guardians and children."""

from datetime import date

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId

# The one who pays may look; any other guardian where the child's own record says so.
_CHILDREN = """
SELECT g.patron_id
  FROM guardian AS g
  JOIN patron AS c ON c.agency_id = g.agency_id AND c.id = g.patron_id AND c.merged_into_id IS NULL
  LEFT JOIN patron_profile AS p ON p.agency_id = g.agency_id AND p.patron_id = g.patron_id
 WHERE g.agency_id = $1 AND g.guardian_id = $2 AND g.valid @> $3::date
   AND (g.is_financially_responsible OR COALESCE(p.guardian_sees, false))
 ORDER BY c.sort_name, c.id
"""


async def children(tx: Transaction, guardian: PatronId, day: date) -> list[PatronId]:
    """Whom a guardian may see on `day`, whatever their age, in the order of names."""
    return [PatronId(row["patron_id"]) for row in await tx.rows(_CHILDREN, tx.agency, guardian, day)]
