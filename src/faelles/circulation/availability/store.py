"""The SQL of availability."""

from collections.abc import Sequence
from datetime import date

from faelles.circulation.availability.model import IssueNamed, Lent, Title
from faelles.ground.database import Transaction
from faelles.ground.ids import IssueId, ItemId, RecordId

# How each title stands besides its copies: who waits, when what is out is due, what its issues are called.
_WAITING = """
SELECT record_id, count(*) AS waiting
  FROM open_hold
 WHERE agency_id = $1 AND record_id = ANY ($2::bigint[])
 GROUP BY record_id
"""
_DUE = """
SELECT item_id, due_on
  FROM open_loan
 WHERE agency_id = $1 AND item_agency_id = $1 AND record_id = ANY ($2::bigint[])
"""
_ISSUES = """
SELECT issue_id, year, volume, number FROM title_issue WHERE issue_id = ANY ($1::bigint[])
"""
_LENT = """
SELECT w.number, count(l.loan_id) AS loans
  FROM unnest($2::text[], $3::bigint[]) AS w (number, record_id)
  LEFT JOIN loan_directory AS l
         ON l.agency_id = $1 AND l.record_id = w.record_id AND l.division_id = $4
        AND ($5::date IS NULL OR l.lent_on >= $5) AND ($6::date IS NULL OR l.lent_on <= $6)
 GROUP BY w.number
 ORDER BY w.number
"""


async def waiting(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, int]:
    rows = await tx.rows(_WAITING, tx.agency, list(records))
    return {row["record_id"]: row["waiting"] for row in rows}


async def due_days(tx: Transaction, records: Sequence[RecordId]) -> dict[ItemId, date]:
    rows = await tx.rows(_DUE, tx.agency, list(records))
    return {row["item_id"]: row["due_on"] for row in rows}


async def issues(tx: Transaction, wanted: Sequence[IssueId]) -> dict[IssueId, IssueNamed]:
    if not wanted:
        return {}
    return {
        row["issue_id"]: IssueNamed(id=row["issue_id"], year=row["year"], volume=row["volume"], number=row["number"])
        for row in await tx.rows(_ISSUES, list(wanted))
    }


async def lent(
    tx: Transaction, titles: Sequence[Title], division: int, first: date | None, last: date | None
) -> list[Lent]:
    """Loans made from the first to the last day; None is open."""
    numbers, records = [each.number for each in titles], [each.record for each in titles]
    rows = await tx.rows(_LENT, tx.agency, numbers, records, division, first, last)
    return [Lent(row["number"], row["loans"]) for row in rows]
