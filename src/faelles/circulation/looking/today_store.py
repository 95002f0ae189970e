"""The SQL of a branch's day."""

from collections.abc import Sequence
from datetime import date, datetime

from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId

# Loans have no index by their time, which every check-out would pay for. Their numbers only rise, so the first of the
# day is found by walking back over them in strides of 500, of which the index is read and one loan.
_LOANS_BY_HOUR = """
WITH RECURSIVE stride(id, lent_at) AS (
    SELECT 9223372036854775807, $3::timestamptz
     UNION ALL
    SELECT l.id, l.lent_at
      FROM stride AS s
      JOIN loan AS l
        ON l.agency_id = $1
       AND l.id = (SELECT e.id FROM loan AS e WHERE e.agency_id = $1 AND e.id < s.id
                    ORDER BY e.id DESC OFFSET 499 LIMIT 1)
     WHERE s.lent_at >= $3
)
SELECT extract(hour FROM l.lent_at AT TIME ZONE $4)::integer AS hour, count(*) AS loans
  FROM loan AS l
 WHERE l.agency_id = $1
   AND l.id >= COALESCE((SELECT max(id) FROM stride WHERE lent_at < $3), 0)
   AND l.lent_at >= $3
   AND l.branch_id = $2
   AND l.closed_how IS DISTINCT FROM 'undone'
 GROUP BY hour
"""
_HOLDS_BY_AGE = """
SELECT CASE WHEN since > $3::timestamptz - interval '7 days' THEN 0
            WHEN since > $3::timestamptz - interval '28 days' THEN 1
            WHEN since > $3::timestamptz - interval '91 days' THEN 2
            ELSE 3 END AS age,
       count(*) AS holds
  FROM hold
 CROSS JOIN LATERAL (SELECT GREATEST(placed_at, active_from::timestamptz) AS since) AS waits
 WHERE agency_id = $1 AND pickup_branch_id = $2 AND closed_at IS NULL AND state <> 'ready'
   AND (active_from IS NULL OR active_from <= $4::date)
 GROUP BY age
"""
_LATE_BY_AGE = """
SELECT CASE WHEN j.overdue_since > $3::timestamptz - interval '1 day' THEN 0
            WHEN j.overdue_since > $3::timestamptz - interval '3 days' THEN 1
            WHEN j.overdue_since > $3::timestamptz - interval '7 days' THEN 2
            ELSE 3 END AS age,
       count(*) AS journeys
  FROM journey AS j
 WHERE j.agency_id = $1 AND j.to_branch_id = $2 AND j.ended_at IS NULL AND j.overdue_since IS NOT NULL
 GROUP BY age
"""


async def loans_by_hour(tx: Transaction, branch: BranchId, since: datetime, zone: str) -> dict[int, int]:
    rows = await tx.rows(_LOANS_BY_HOUR, tx.agency, branch, since, zone)
    return {row["hour"]: row["loans"] for row in rows}


async def holds_by_age(tx: Transaction, branch: BranchId, today: date) -> dict[int, int]:
    return _by_age(await tx.rows(_HOLDS_BY_AGE, tx.agency, branch, tx.now, today), "holds")


async def late_by_age(tx: Transaction, branch: BranchId) -> dict[int, int]:
    return _by_age(await tx.rows(_LATE_BY_AGE, tx.agency, branch, tx.now), "journeys")


def _by_age(rows: Sequence[Row], number: str) -> dict[int, int]:
    return {row["age"]: row[number] for row in rows}
