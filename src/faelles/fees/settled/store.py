"""The SQL of settlements."""

from collections.abc import Sequence

from faelles.fees.settled.model import Settlement
from faelles.ground.database import Transaction
from faelles.ground.ids import ChargeId

_SETTLED = """
SELECT DISTINCT ON (e.charge_id) e.charge_id, e.at, e.payment_id, p.reference
  FROM ledger_entry AS e
  LEFT JOIN payment AS p ON p.agency_id = $1 AND p.id = e.payment_id
 WHERE e.agency_id = $1 AND e.charge_id = ANY ($2::bigint[]) AND e.amount_ore < 0
 ORDER BY e.charge_id, e.id DESC
"""


async def settlements(tx: Transaction, charges: Sequence[ChargeId]) -> dict[ChargeId, Settlement]:
    if not charges:
        return {}
    return {
        row["charge_id"]: Settlement(at=row["at"], payment=row["payment_id"], reference=row["reference"])
        for row in await tx.rows(_SETTLED, tx.agency, list(charges))
    }
