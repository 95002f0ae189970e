"""SQL of what privacy itself keeps of a patron, when that patron turns out to be another."""

from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId

# Of two consents to one thing the real patron's stands; the other is history.
_MOVE_CONSENTS = """
UPDATE consent AS c
   SET patron_id = $3,
       withdrawn_at = CASE WHEN is_double THEN GREATEST(c.given_at, $4::timestamptz) ELSE c.withdrawn_at END,
       withdrawn_by = CASE WHEN is_double THEN $5 ELSE c.withdrawn_by END
  FROM (SELECT id, withdrawn_at IS NULL
               AND EXISTS (SELECT FROM consent AS r
                            WHERE r.agency_id = $1 AND r.patron_id = $3 AND r.kind = t.kind
                              AND r.withdrawn_at IS NULL) AS is_double
          FROM consent AS t
         WHERE t.agency_id = $1 AND t.patron_id = $2) AS d
 WHERE c.agency_id = $1 AND c.id = d.id
"""
_MOVE_ACTIVITY = """
WITH gone AS (DELETE FROM patron_activity WHERE agency_id = $1 AND patron_id = $2 RETURNING last_active_at)
INSERT INTO patron_activity AS a (agency_id, patron_id, last_active_at)
SELECT $1, $3, last_active_at FROM gone
    ON CONFLICT (agency_id, patron_id)
    DO UPDATE SET last_active_at = GREATEST(a.last_active_at, excluded.last_active_at)
"""


async def move_patron(tx: Transaction, source: PatronId, target: PatronId) -> None:
    await tx.execute(_MOVE_CONSENTS, tx.agency, source, target, tx.now, tx.actor.told)
    await tx.execute(_MOVE_ACTIVITY, tx.agency, source, target)
