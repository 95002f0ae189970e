"""What the year left behind, read through the rooms' views."""

from collections import Counter
from datetime import date

from faelles.ground.database import Transaction

_BALANCES = "SELECT patron_id, balance_ore FROM patron_balance WHERE agency_id = $1"
_PAID = "SELECT COALESCE(sum(amount_ore), 0)::bigint FROM payment_directory WHERE agency_id = $1"
_SAID = """
SELECT patron_id, kind, (sent_at AT TIME ZONE $2)::date AS sent_on, count(*) AS times
  FROM notice_record
 WHERE agency_id = $1 AND state = 'sent'
 GROUP BY patron_id, kind, sent_on
"""
_LEFT = "SELECT count(*) FROM notice_record WHERE agency_id = $1 AND state NOT IN ('sent', 'untrue')"


async def balances(tx: Transaction) -> dict[int, int]:
    return {row["patron_id"]: row["balance_ore"] for row in await tx.rows(_BALANCES, tx.agency)}


async def paid(tx: Transaction) -> int:
    ore: int = await tx.value(_PAID, tx.agency)
    return ore


async def said(tx: Transaction, zone: str) -> Counter[tuple[int, str, date]]:
    """Who was told what on which day."""
    rows = await tx.rows(_SAID, tx.agency, zone)
    return Counter({(row["patron_id"], row["kind"], row["sent_on"]): row["times"] for row in rows})


async def left(tx: Transaction) -> int:
    """Notices that are neither sent nor let go."""
    number: int = await tx.value(_LEFT, tx.agency)
    return number
