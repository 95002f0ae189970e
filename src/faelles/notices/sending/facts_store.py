"""SQL of what notices are about, as it is at this moment."""

from collections.abc import Collection, Mapping

from faelles.circulation.desk.issues import issue_of
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import PatronId
from faelles.notices.model import About
from faelles.notices.sending.model import BookingFact, ClaimFact, ExclusionFact, Fact, HoldFact, LoanFact, PaymentFact
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

_LOANS = """
SELECT l.loan_id AS id, t.title, array_to_string(t.creators, ', ') AS creators, COALESCE(c.number, '') AS number,
       COALESCE(b.name, '') AS branch, l.due_on, l.renewals, l.closed_how,
       l.lost_at IS NOT NULL OR l.claimed_returned_at IS NOT NULL AS is_stopped
  FROM loan_directory AS l
  JOIN title AS t ON t.record_id = l.record_id
  LEFT JOIN copy AS c ON c.agency_id = l.item_agency_id AND c.item_id = l.item_id
  LEFT JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = l.branch_id
 WHERE l.agency_id = $1 AND l.loan_id = ANY ($2::bigint[])
"""
_HOLDS = """
SELECT h.hold_id AS id, t.title, (CASE WHEN h.issue_id IS NOT NULL THEN issue_named(h.issue_id) END)::text AS issue,
       array_to_string(t.creators, ', ') AS creators, h.state, COALESCE(b.name, '') AS branch,
       COALESCE(h.shelf_number, '') AS shelf, h.pickup_deadline, COALESCE(h.closed_why, '') AS closed_why
  FROM hold_directory AS h
  JOIN title AS t ON t.record_id = h.record_id
  LEFT JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = h.pickup_branch_id
 WHERE h.agency_id = $1 AND h.hold_id = ANY ($2::bigint[])
"""
_CLAIMS = """
SELECT c.charge_id AS id, c.kind, c.step, COALESCE(c.reason, '') AS reason, c.outstanding_ore, c.currency,
       (SELECT COALESCE(string_agg(DISTINCT t.title, '; '), '')
          FROM claimed_loan AS cl
          JOIN loan_directory AS l ON l.agency_id = $1 AND l.loan_id = cl.loan_id
          JOIN title AS t ON t.record_id = l.record_id
         WHERE cl.agency_id = $1 AND cl.charge_id = c.charge_id) AS titles
  FROM claim_directory AS c
 WHERE c.agency_id = $1 AND c.charge_id = ANY ($2::bigint[])
"""
_PAYMENTS = """
SELECT payment_id AS id, reference, amount_ore, currency, at
  FROM payment_directory
 WHERE agency_id = $1 AND payment_id = ANY ($2::bigint[])
"""
_EXCLUSIONS = """
SELECT n.notice_id AS id, n.owed_ore, n.standing_ore >= n.limit_ore AS is_at_limit, n.excludes_on, n.days_of_notice,
       a.currency
  FROM patron_exclusion_notice AS n
  JOIN agency_directory AS a ON a.agency_id = $1
 WHERE n.agency_id = $1 AND n.notice_id = ANY ($2::bigint[])
"""
_BOOKINGS = """
SELECT k.booking_id AS id, t.title, array_to_string(t.creators, ', ') AS creators, k.copies,
       COALESCE(b.name, '') AS branch, k.first_day, k.last_day, k.is_cancelled
  FROM booking_told AS k
  JOIN title AS t ON t.record_id = k.record_id
  LEFT JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = k.delivery_branch_id
 WHERE k.agency_id = $1 AND k.booking_id = ANY ($2::bigint[])
"""


_SUBJECTS = {
    About.LOAN: """
SELECT l.loan_id AS id
  FROM loan_party AS p
  JOIN loan_directory AS l ON l.agency_id = $1 AND l.loan_id = p.loan_id
 WHERE p.agency_id = $1 AND p.patron_id = $2 AND l.closed_at IS NULL
   AND ($3::integer[] IS NULL OR l.division_id = ANY ($3))
 ORDER BY l.due_on, l.loan_id
 LIMIT $4
""",
    About.HOLD: """
SELECT hold_id AS id
  FROM hold_directory
 WHERE agency_id = $1 AND patron_id = $2 AND ($3::integer[] IS NULL OR division_id = ANY ($3))
   AND state IN ('pending', 'matched', 'captured', 'in_transit', 'ready')
 ORDER BY state <> 'ready', hold_id
 LIMIT $4
""",
    About.CLAIM: """
SELECT charge_id AS id
  FROM claim_directory
 WHERE agency_id = $1 AND addressee_id = $2 AND ($3::integer[] IS NULL OR division_id = ANY ($3))
   AND outstanding_ore > 0
 ORDER BY charge_id DESC
 LIMIT $4
""",
    About.PAYMENT: """
SELECT payment_id AS id
  FROM payment_directory
 WHERE agency_id = $1 AND patron_id = $2 AND ($3::integer[] IS NULL OR division_id = ANY ($3))
 ORDER BY payment_id DESC
 LIMIT $4
""",
    About.BOOKING: """
SELECT booking_id AS id
  FROM booking_told
 WHERE agency_id = $1 AND patron_id = $2 AND ($3::integer[] IS NULL OR division_id = ANY ($3)) AND NOT is_cancelled
 ORDER BY booking_id DESC
 LIMIT $4
""",
    About.EXCLUSION: """
SELECT notice_id AS id
  FROM patron_exclusion_notice
 WHERE agency_id = $1 AND addressee_id = $2 AND ($3::integer[] IS NULL OR division_id = ANY ($3))
 ORDER BY notice_id DESC
 LIMIT $4
""",
}


async def load_facts(tx: Transaction, about: About, subjects: Collection[int]) -> Mapping[int, Fact]:
    """By the subjects' ids; what is gone is left out."""
    if not subjects or about not in _READING:
        return {}
    sql, read = _READING[about]
    return {row["id"]: read(row) for row in await tx.rows(sql, tx.agency, list(subjects))}


async def subjects_of(tx: Transaction, about: About, patron: PatronId, divisions: Divisions, limit: int) -> list[int]:
    """What the patron has just now that could be spoken of, in the divisions given."""
    if about not in _SUBJECTS:
        return []
    return [row["id"] for row in await tx.rows(_SUBJECTS[about], tx.agency, patron, listed(divisions), limit)]


def _loan(row: Row) -> Fact:
    return LoanFact(
        title=row["title"],
        creators=row["creators"] or "",
        number=row["number"],
        branch=row["branch"],
        due_on=row["due_on"],
        renewals=row["renewals"],
        is_stopped=row["is_stopped"],
        closed_how=row["closed_how"],
    )


def _hold(row: Row) -> Fact:
    return HoldFact(
        title=row["title"],
        issue=issue_of(row),
        creators=row["creators"] or "",
        state=row["state"],
        branch=row["branch"],
        shelf=row["shelf"],
        deadline=row["pickup_deadline"],
        closed_why=row["closed_why"],
    )


def _claim(row: Row) -> Fact:
    return ClaimFact(
        kind=row["kind"],
        step=row["step"],
        reason=row["reason"],
        titles=row["titles"],
        outstanding_ore=row["outstanding_ore"],
        currency=row["currency"],
    )


def _payment(row: Row) -> Fact:
    return PaymentFact(reference=row["reference"], amount_ore=row["amount_ore"], currency=row["currency"], at=row["at"])


def _exclusion(row: Row) -> Fact:
    return ExclusionFact(
        owed_ore=row["owed_ore"],
        is_at_limit=row["is_at_limit"],
        excludes_on=row["excludes_on"],
        days_of_notice=row["days_of_notice"],
        currency=row["currency"],
    )


def _booking(row: Row) -> Fact:
    return BookingFact(
        title=row["title"],
        creators=row["creators"] or "",
        copies=row["copies"],
        branch=row["branch"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        is_cancelled=row["is_cancelled"],
    )


_READING = {
    About.LOAN: (_LOANS, _loan),
    About.HOLD: (_HOLDS, _hold),
    About.CLAIM: (_CLAIMS, _claim),
    About.PAYMENT: (_PAYMENTS, _payment),
    About.EXCLUSION: (_EXCLUSIONS, _exclusion),
    About.BOOKING: (_BOOKINGS, _booking),
}
