"""The SQL of availability."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import msgspec

from faelles.catalog.numbers.model import Known
from faelles.catalog.numbers.rules import named_by, sought_by
from faelles.catalog.numbers.store import OWN_BASE, SOUGHT
from faelles.catalog.rules import LOCAL_BASE
from faelles.circulation.availability.model import CopyOfTitle, Lent, LentCopy, Title, TitleFound, TitlesFound
from faelles.circulation.desk.issues import IssueNamed
from faelles.circulation.holds.facts import Copy
from faelles.ground.database import Read, Row, Transaction
from faelles.ground.ids import DivisionId, IssueId, ItemId, LoanId, RecordId
from faelles.policies.model import SettingsRevision

_NAMED = f"""
SELECT n.record_agency_id AS agency_id, n.identifier,
       CASE WHEN n.successor_id IS NULL THEN n.record_id ELSE current_title(n.record_id) END AS record_id
  FROM title AS n
 WHERE n.record_agency_id IN (0, $1) AND n.identifier = ANY {SOUGHT}
"""
_MEANT = "ARRAY(SELECT n.record_id FROM named AS n)"
# The titles that numbers name, who waits for them, and their copies: one statement, each part of it for all titles at
# once. Copies are as in hold_supply, but what keeps one from being found is looked up only for those on a shelf.
_TITLES = f"""
WITH named AS MATERIALIZED ({_NAMED})
SELECT json_build_array(
           (SELECT r.facts FROM revision_facts AS r WHERE r.agency_id = $1),
           {OWN_BASE},
           ARRAY(SELECT json_build_array(n.agency_id, n.identifier, n.record_id) FROM named AS n),
           ARRAY(SELECT json_build_array(h.record_id, count(*))
                   FROM open_hold AS h
                  WHERE h.agency_id = $1 AND h.record_id = ANY ({_MEANT})
                  GROUP BY h.record_id),
           ARRAY(SELECT json_build_array(
                            c.item_id, c.number,
                            (SELECT p.branch_id FROM placement_directory AS p
                              WHERE p.agency_id = $1
                                AND p.placement_id = COALESCE(w.active_placement_id, c.default_placement_id)),
                            c.owner_branch_id, c.default_placement_id, c.material_group_id, c.kind, c.issue_id,
                            c.minimum_age, c.not_for_loan IS NOT NULL, c.condition, c.acquired_on, w.state,
                            CASE WHEN w.state = 'available' THEN
                                (SELECT count(*) FROM missed_item AS m
                                  WHERE m.agency_id = $1 AND m.item_id = c.item_id AND m.settled_at IS NULL) > 0
                            ELSE false END,
                            CASE WHEN w.state = 'available' THEN
                                (SELECT count(*) FROM bound_copy AS b
                                  WHERE b.agency_id = $1 AND b.item_id = c.item_id) > 0
                            ELSE false END,
                            CASE WHEN w.state = 'available' THEN
                                (SELECT count(*) FROM shelf_place AS s
                                  WHERE s.agency_id = $1 AND s.item_id = c.item_id AND s.emptied_at IS NULL) > 0
                            ELSE false END,
                            CASE WHEN w.is_booked THEN bookings_of($1, c.item_id, NULL) ELSE '[]' END,
                            c.record_id)
                   FROM copy AS c
                   JOIN item_circulation AS w ON w.agency_id = $1 AND w.item_id = c.item_id
                  WHERE c.agency_id = $1 AND c.record_id = ANY ({_MEANT})
                    AND c.withdrawn_at IS NULL AND c.sent_home_at IS NULL
                    AND (c.kind = 'item' OR c.received_at IS NOT NULL)))::text
"""
_WAITING = "SELECT count(*) FROM open_hold WHERE agency_id = $1 AND record_id = $2"
# When what is out is due. The titles' copies by key, and each one's loan (OFFSET 0): loans have no index by title, and
# joined all copies of the agency, or all its open loans, would be read.
_DUE = f"""
WITH named AS MATERIALIZED ({_NAMED})
SELECT COALESCE(json_agg(json_build_array(c.item_id, l.due_on)), '[]')::text
  FROM copy AS c
 CROSS JOIN LATERAL (SELECT o.due_on
                       FROM open_loan AS o
                      WHERE o.agency_id = $1 AND o.item_agency_id = $1 AND o.item_id = c.item_id OFFSET 0) AS l
 WHERE c.agency_id = $1 AND c.record_id = ANY ({_MEANT})
"""
_ISSUES = """
SELECT issue_id, year, volume, number FROM title_issue WHERE issue_id = ANY ($1::bigint[])
"""
_ISSUES_OF_TITLE = """
SELECT issue_id, year, volume, number FROM title_issue WHERE record_id = $1 ORDER BY year DESC, issue_id DESC
"""
_LENT_COPIES = """
SELECT COALESCE(json_agg(json_build_object(
           'loan', l.loan_id, 'item_number', c.number, 'identifier', t.identifier,
           'material_group', c.material_group_id,
           'issue', CASE WHEN c.issue_id IS NOT NULL THEN issue_named(c.issue_id) END,
           'elsewhere', CASE c.kind WHEN 'placeholder'
                        THEN json_build_array(t.title, t.creators, t.material_type) END)), '[]')::text
  FROM loan_directory AS l
  JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
  JOIN title AS t ON t.record_id = l.record_id
 WHERE l.agency_id = $1 AND l.loan_id = ANY ($2::bigint[])
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


_decode_titles = msgspec.json.Decoder(
    tuple[SettingsRevision, str, list[Known], list[tuple[RecordId, int]], list[CopyOfTitle]]
).decode
_decode_due = msgspec.json.Decoder(list[tuple[ItemId, date]]).decode
_decode_copies = msgspec.json.Decoder(list[LentCopy]).decode


def titles(tx: Transaction, numbers: Sequence[str]) -> Read[TitlesFound]:
    def found(text: str) -> TitlesFound:
        revision, own_base, known, waiting, all_copies = _decode_titles(text)
        waiting_for = dict(waiting)
        copies = defaultdict[RecordId, list[Copy]](list)
        for copy in all_copies:
            copies[copy.record].append(copy)
        return TitlesFound(
            revision,
            [
                TitleFound(number, each.record, waiting_for.get(each.record, 0), copies[each.record])
                for number, each in named_by(numbers, own_base, known)
            ],
        )

    return Read(_TITLES, _sought(tx, numbers), found)


def due_days(tx: Transaction, numbers: Sequence[str]) -> Read[dict[ItemId, date]]:
    return Read(_DUE, _sought(tx, numbers), lambda text: dict(_decode_due(text)))


def _sought(tx: Transaction, numbers: Sequence[str]) -> tuple[object, ...]:
    return (tx.agency, *sought_by(numbers), LOCAL_BASE)


async def waiting(tx: Transaction, record: RecordId) -> int:
    number: int = await tx.value(_WAITING, tx.agency, record)
    return number


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
    tx: Transaction, titles: Sequence[Title], division: DivisionId, first: date | None, last: date | None
) -> list[Lent]:
    """Loans made from the first to the last day; None is open."""
    numbers, records = [each.number for each in titles], [each.record for each in titles]
    rows = await tx.rows(_LENT, tx.agency, numbers, records, division, first, last)
    return [Lent(row["number"], row["loans"]) for row in rows]


async def lent_copies(tx: Transaction, loans: Sequence[LoanId]) -> dict[LoanId, LentCopy]:
    if not loans:
        return {}
    found = _decode_copies(await tx.value(_LENT_COPIES, tx.agency, list(loans)))
    return {copy.loan: copy for copy in found}
