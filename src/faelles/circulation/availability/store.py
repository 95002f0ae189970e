"""The SQL of availability."""

from collections.abc import Sequence
from datetime import date

import msgspec

from faelles.circulation.availability.model import IssueNamed, Lent, LentCopy, Title
from faelles.ground.database import Read, Row, Transaction
from faelles.ground.ids import IssueId, ItemId, LoanId, RecordId

# How each title stands besides its copies: who waits, when what is out is due, what its issues are called.
_WAITING = """
SELECT COALESCE(json_agg(json_build_array(record_id, waiting)), '[]')::text
  FROM (SELECT record_id, count(*) AS waiting
          FROM open_hold
         WHERE agency_id = $1 AND record_id = ANY ($2::bigint[])
         GROUP BY record_id) AS by_title
"""
# Copy by copy (OFFSET 0): loans have no index by title, and all that are open in the agency would be read.
_DUE = """
SELECT COALESCE(json_agg(json_build_array(c.item_id, l.due_on)), '[]')::text
  FROM copy AS c
 CROSS JOIN LATERAL (SELECT o.due_on
                       FROM open_loan AS o
                      WHERE o.agency_id = $1 AND o.item_agency_id = $1 AND o.item_id = c.item_id OFFSET 0) AS l
 WHERE c.agency_id = $1 AND c.record_id = ANY ($2::bigint[])
"""
_ISSUES = """
SELECT issue_id, year, volume, number FROM title_issue WHERE issue_id = ANY ($1::bigint[])
"""
_ISSUES_OF_TITLE = """
SELECT issue_id, year, volume, number FROM title_issue WHERE record_id = $1 ORDER BY year DESC, issue_id DESC
"""
LENT_COPY = """
SELECT json_build_object(
           'loan', l.loan_id, 'item_number', c.number, 'record', l.record_id, 'identifier', t.identifier,
           'material_group', c.material_group_id, 'is_interlibrary', c.kind = 'placeholder', 'title', t.title,
           'creators', t.creators, 'material_type', t.material_type,
           'issue', CASE WHEN c.issue_id IS NOT NULL THEN (
               SELECT json_build_object('id', i.issue_id, 'year', i.year, 'volume', i.volume, 'number', i.number)
                 FROM title_issue AS i
                WHERE i.issue_id = c.issue_id) END) AS copy
  FROM loan_directory AS l
  JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
  JOIN title AS t ON t.record_id = l.record_id
 WHERE l.agency_id = $1 AND l.loan_id = ANY
"""
_LENT_COPIES = f"SELECT COALESCE(json_agg(copy), '[]')::text FROM ({LENT_COPY} ($2::bigint[])) AS lent"
_LENT = """
SELECT w.number, count(l.loan_id) AS loans
  FROM unnest($2::text[], $3::bigint[]) AS w (number, record_id)
  LEFT JOIN loan_directory AS l
         ON l.agency_id = $1 AND l.record_id = w.record_id AND l.division_id = $4
        AND ($5::date IS NULL OR l.lent_on >= $5) AND ($6::date IS NULL OR l.lent_on <= $6)
 GROUP BY w.number
 ORDER BY w.number
"""


_decode_waiting = msgspec.json.Decoder(list[tuple[RecordId, int]]).decode
_decode_due = msgspec.json.Decoder(list[tuple[ItemId, date]]).decode
_decode_copies = msgspec.json.Decoder(list[LentCopy]).decode


def waiting(tx: Transaction, records: Sequence[RecordId]) -> Read[dict[RecordId, int]]:
    return Read(_WAITING, (tx.agency, list(records)), lambda text: dict(_decode_waiting(text)))


def due_days(tx: Transaction, records: Sequence[RecordId]) -> Read[dict[ItemId, date]]:
    return Read(_DUE, (tx.agency, list(records)), lambda text: dict(_decode_due(text)))


async def issues(tx: Transaction, wanted: Sequence[IssueId]) -> dict[IssueId, IssueNamed]:
    if not wanted:
        return {}
    return {row["issue_id"]: _issue(row) for row in await tx.rows(_ISSUES, list(wanted))}


async def issues_of_title(tx: Transaction, record: RecordId) -> list[IssueNamed]:
    """The latest year's first."""
    return [_issue(row) for row in await tx.rows(_ISSUES_OF_TITLE, record)]


def _issue(row: Row) -> IssueNamed:
    return IssueNamed(id=row["issue_id"], year=row["year"], volume=row["volume"], number=row["number"])


async def lent(
    tx: Transaction, titles: Sequence[Title], division: int, first: date | None, last: date | None
) -> list[Lent]:
    """Loans made from the first to the last day; None is open."""
    numbers, records = [each.number for each in titles], [each.record for each in titles]
    rows = await tx.rows(_LENT, tx.agency, numbers, records, division, first, last)
    return [Lent(row["number"], row["loans"]) for row in rows]


async def lent_copies(tx: Transaction, loans: Sequence[LoanId]) -> dict[LoanId, LentCopy]:
    if not loans:
        return {}
    return by_loan(await tx.value(_LENT_COPIES, tx.agency, list(loans)))


def by_loan(text: str) -> dict[LoanId, LentCopy]:
    return {copy.loan: copy for copy in _decode_copies(text)}
