"""SQL that takes people away from loans and holds. Loans, holds and events stay, and link to nobody."""

from datetime import datetime

from faelles.ground.database import Row, Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

_NOTHING_OWED = """
NOT EXISTS (SELECT FROM claimed_loan AS c
              JOIN claim_settlement AS d ON d.agency_id = $1 AND d.charge_id = c.charge_id
             WHERE c.agency_id = $1 AND c.loan_id = b.loan_id AND d.owed_ore > 0)
"""
_RETURNED = f"""
SELECT b.loan_id, b.role, b.patron_id, l.closed_at AS seen_at
  FROM loan_borrower AS b
  JOIN loan AS l ON l.agency_id = $1 AND l.id = b.loan_id
  JOIN borrower AS p ON p.agency_id = $1 AND p.patron_id = b.patron_id
 WHERE b.agency_id = $1 AND l.closed_at < $2 AND NOT p.keeps_history AND {_NOTHING_OWED}
"""
_LOST = f"""
SELECT b.loan_id, b.role, b.patron_id, l.lost_at AS seen_at
  FROM loan_borrower AS b
  JOIN loan AS l ON l.agency_id = $1 AND l.id = b.loan_id
 WHERE b.agency_id = $1 AND l.closed_at IS NULL AND l.lost_at < $2 AND {_NOTHING_OWED}
   AND NOT EXISTS (SELECT FROM claimed_loan AS c
                     JOIN claim_settlement AS d ON d.agency_id = $1 AND d.charge_id = c.charge_id
                    WHERE c.agency_id = $1 AND c.loan_id = b.loan_id AND d.latest_at >= $2)
"""
_DELETE_LINKS = """
gone AS (DELETE FROM loan_borrower AS b USING due
          WHERE b.agency_id = $1 AND b.loan_id = due.loan_id AND b.role = due.role)
SELECT patron_id, max(seen_at) AS seen_at, count(*) AS loans FROM due GROUP BY patron_id
"""
_FORGET_RETURNED = f"WITH due AS ({_RETURNED} ORDER BY b.loan_id LIMIT $3), {_DELETE_LINKS}"
_FORGET_LOST = f"WITH due AS ({_LOST} ORDER BY b.loan_id LIMIT $3), {_DELETE_LINKS}"
_FORGET_HISTORY = f"WITH due AS ({_RETURNED} AND b.patron_id = $3), {_DELETE_LINKS}"

_FORGET_HOLDS = """
WITH due AS (SELECT p.hold_id, p.patron_id, h.closed_at
               FROM hold_patron AS p
               JOIN hold AS h ON h.agency_id = $1 AND h.id = p.hold_id
              WHERE p.agency_id = $1 AND NOT p.is_open AND h.closed_at < $2
              ORDER BY p.hold_id
              LIMIT $3),
     gone AS (DELETE FROM hold_patron AS p USING due WHERE p.agency_id = $1 AND p.hold_id = due.hold_id)
SELECT patron_id, max(closed_at) AS seen_at, count(*) AS holds FROM due GROUP BY patron_id
"""
_FORGET_LOAN_OVERRIDES = """
DELETE FROM loan_override
 WHERE agency_id = $1
   AND id IN (SELECT o.id FROM loan_override AS o
                LEFT JOIN loan AS l ON l.agency_id = $1 AND l.id = o.loan_id
               WHERE o.agency_id = $1 AND CASE WHEN o.loan_id IS NULL THEN o.at ELSE l.closed_at END < $2
               LIMIT $3)
"""
_FORGET_HOLD_OVERRIDES = """
DELETE FROM hold_override
 WHERE agency_id = $1
   AND id IN (SELECT o.id FROM hold_override AS o
                JOIN hold AS h ON h.agency_id = $1 AND h.id = o.hold_id
               WHERE o.agency_id = $1 AND h.closed_at < $2
               LIMIT $3)
"""
_FORGET_DECISIONS = """
DELETE FROM hold_match_log
 WHERE agency_id = $1
   AND at < LEAST($2, (SELECT min(o.at) + interval '7 days' FROM hold_match_log AS o
                        WHERE o.agency_id = $1 AND o.at < $2))
"""
_FORGET_SCANS = """
UPDATE work_entry SET scanned_card = NULL
 WHERE agency_id = $1
   AND id IN (SELECT o.id FROM work_entry AS o
               WHERE o.agency_id = $1 AND o.scanned_card IS NOT NULL AND o.settled_at < $2
               LIMIT $3)
"""

# Of one person: the texts that hang on their loans and holds, then the links.
_ERASE = (
    """
DELETE FROM loan_override
 WHERE agency_id = $1 AND loan_id IN (SELECT loan_id FROM loan_borrower WHERE agency_id = $1 AND patron_id = $2)
""",
    """
DELETE FROM hold_override
 WHERE agency_id = $1 AND hold_id IN (SELECT hold_id FROM hold_patron WHERE agency_id = $1 AND patron_id = $2)
""",
    """
UPDATE work_entry SET scanned_card = NULL
 WHERE agency_id = $1
   AND scanned_card IN (SELECT lookup FROM borrower_identifier
                         WHERE agency_id = $1 AND patron_id = $2 AND kind = 'card')
""",
    "DELETE FROM loan_borrower WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM hold_patron WHERE agency_id = $1 AND patron_id = $2",
)

Seen = list[tuple[int, datetime]]


async def forget_returned(tx: Transaction, before: datetime) -> tuple[int, Seen]:
    """How many links went, and when each patron's last one ended."""
    return _told(await tx.rows(_FORGET_RETURNED, tx.agency, before, BATCH), "loans")


async def forget_lost(tx: Transaction, before: datetime) -> tuple[int, Seen]:
    return _told(await tx.rows(_FORGET_LOST, tx.agency, before, BATCH), "loans")


async def forget_history(tx: Transaction, patron: PatronId, before: datetime) -> int:
    return _told(await tx.rows(_FORGET_HISTORY, tx.agency, before, patron), "loans")[0]


async def forget_holds(tx: Transaction, before: datetime) -> tuple[int, Seen]:
    return _told(await tx.rows(_FORGET_HOLDS, tx.agency, before, BATCH), "holds")


async def forget_overrides(tx: Transaction, before: datetime) -> int:
    loans = await tx.execute(_FORGET_LOAN_OVERRIDES, tx.agency, before, BATCH)
    return loans + await tx.execute(_FORGET_HOLD_OVERRIDES, tx.agency, before, BATCH)


async def forget_decisions(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_DECISIONS, tx.agency, before)


async def forget_scans(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_SCANS, tx.agency, before, BATCH)


async def erase(tx: Transaction, patron: PatronId) -> None:
    for statement in _ERASE:
        await tx.execute(statement, tx.agency, patron)


def _told(rows: list[Row], counted: str) -> tuple[int, Seen]:
    return sum(row[counted] for row in rows), [(row["patron_id"], row["seen_at"]) for row in rows]
