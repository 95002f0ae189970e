"""The SQL of where copies stand."""

from collections.abc import Sequence

from faelles.circulation.finding.model import Standing
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, RecordId

_STANDING = """
SELECT c.record_id, count(*) AS copies,
       array_agg(DISTINCT COALESCE(s.seen_branch_id, c.owner_branch_id)) FILTER (
           WHERE s.state = 'available' AND c.not_for_loan IS NULL) AS there
  FROM copy AS c
  JOIN copy_whereabouts AS s ON s.agency_id = $1 AND s.item_id = c.item_id
 WHERE c.agency_id = $1 AND c.record_id = ANY ($2::bigint[]) AND c.withdrawn_at IS NULL
 GROUP BY c.record_id
"""


async def standing(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, Standing]:
    """How the titles stand that there are copies of."""
    rows = await tx.rows(_STANDING, tx.agency, list(records))
    return {
        RecordId(row["record_id"]): Standing(
            record=RecordId(row["record_id"]),
            copies=row["copies"],
            there=tuple(sorted(BranchId(branch) for branch in row["there"] or ())),
        )
        for row in rows
    }
