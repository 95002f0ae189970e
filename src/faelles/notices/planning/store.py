"""SQL of planning: whom a loan, hold, claim, account or payment is of, and what a day calls for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from faelles.ground.database import Row, Transaction
from faelles.ground.ids import DivisionId, LoanId, MaterialGroupId, PatronGroupId, PatronId
from faelles.notices.model import About, To

_LOAN_PARTIES = """
SELECT l.loan_id AS id, l.division_id, p.patron_id, l.due_on AS day, NULL::bigint AS concerning_id
  FROM loan_directory AS l
  JOIN loan_party AS p ON p.agency_id = $1 AND p.loan_id = l.loan_id
 WHERE l.agency_id = $1 AND l.loan_id = ANY ($2::bigint[])
"""
_HOLD_PARTIES = """
SELECT hold_id AS id, division_id, patron_id, pickup_deadline AS day, NULL::bigint AS concerning_id
  FROM hold_directory
 WHERE agency_id = $1 AND hold_id = ANY ($2::bigint[]) AND patron_id IS NOT NULL
"""
_ADDRESSEES = """
SELECT c.charge_id AS id, c.division_id, c.addressee_id AS patron_id, NULL::date AS day,
       NULLIF(a.patron_id, c.addressee_id) AS concerning_id
  FROM claim_directory AS c
  JOIN account_directory AS a ON a.agency_id = $1 AND a.account_id = c.account_id
 WHERE c.agency_id = $1 AND c.charge_id = ANY ($2::bigint[]) AND c.addressee_id IS NOT NULL
"""
_WARNED = """
SELECT notice_id AS id, division_id, addressee_id AS patron_id, NULL::date AS day,
       NULLIF(patron_id, addressee_id) AS concerning_id
  FROM patron_exclusion_notice
 WHERE agency_id = $1 AND notice_id = ANY ($2::bigint[]) AND addressee_id IS NOT NULL
"""
_PAYMENT_PARTIES = """
SELECT payment_id AS id, division_id, patron_id, NULL::date AS day, NULL::bigint AS concerning_id
  FROM payment_directory
 WHERE agency_id = $1 AND payment_id = ANY ($2::bigint[]) AND patron_id IS NOT NULL
"""
# A payment is told by one event for each claim that it pays; all of them happen at its own moment.
_PAYMENTS_AT = """
SELECT asked.account_id, asked.at, p.payment_id
  FROM unnest($2::bigint[], $3::timestamptz[]) AS asked (account_id, at)
  JOIN payment_directory AS p ON p.agency_id = $1 AND p.account_id = asked.account_id AND p.at = asked.at
"""
_ZONE = "SELECT time_zone FROM agency_directory WHERE agency_id = $1"
# In the order of the index that holds the open loans alone.
_LOANS_DUE_ON = """
SELECT loan_id, item_agency_id, item_id, division_id, patron_group_id, material_group_id, kind, due_on
  FROM loan_directory
 WHERE agency_id = $1 AND closed_at IS NULL AND lost_at IS NULL AND claimed_returned_at IS NULL
   AND due_on = ANY ($2::date[]) AND (item_agency_id, item_id) > ($3, $4)
 ORDER BY item_agency_id, item_id
 LIMIT $5
"""
_MEMBERSHIPS_ENDING = """
SELECT m.patron_id, m.division_id, m.patron_group_id, upper(m.valid) - 1 AS day
  FROM borrower_membership AS m
 WHERE m.agency_id = $1 AND upper(m.valid) = ANY ($2::date[])
   AND NOT EXISTS (SELECT FROM borrower_membership AS n
                    WHERE n.agency_id = $1 AND n.patron_id = m.patron_id AND n.division_id = m.division_id
                      AND (upper_inf(n.valid) OR upper(n.valid) > upper(m.valid)))
   AND m.patron_id > $3
 ORDER BY m.patron_id
 FETCH FIRST $4 ROWS WITH TIES
"""
_NEW_MEMBERS = """
SELECT m.patron_id, m.division_id, lower(m.valid) AS day
  FROM borrower_membership AS m
  JOIN patron_contact AS p ON p.agency_id = $1 AND p.patron_id = m.patron_id
 WHERE m.agency_id = $1 AND p.registered_at >= $2 AND p.registered_at < $3 AND p.merged_into_id IS NULL
   AND m.valid @> ($3::timestamptz AT TIME ZONE $4)::date AND p.patron_id > $5
 ORDER BY p.patron_id
 FETCH FIRST $6 ROWS WITH TIES
"""
_ABSENCES_ENDED = """
SELECT a.patron_id, b.division_id, upper(a.period) - 1 AS day
  FROM patron_absence AS a
  JOIN patron_contact AS p ON p.agency_id = $1 AND p.patron_id = a.patron_id
  JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = p.home_branch_id
 WHERE a.agency_id = $1 AND upper(a.period) = $2 AND a.patron_id > $3
 ORDER BY a.patron_id
 FETCH FIRST $4 ROWS WITH TIES
"""
_CARDS_ENDED = """
SELECT e.patron_id, b.division_id, e.identifier_id
  FROM ended_card AS e
  JOIN patron_contact AS p ON p.agency_id = $1 AND p.patron_id = e.patron_id
  JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = p.home_branch_id
 WHERE e.agency_id = $1 AND e.ended_at >= $2 AND e.ended_at < $3 AND e.patron_id > $4
 ORDER BY e.patron_id
 FETCH FIRST $5 ROWS WITH TIES
"""

_PARTIES = {
    (About.LOAN, To.PARTY): _LOAN_PARTIES,
    (About.HOLD, To.PARTY): _HOLD_PARTIES,
    (About.CLAIM, To.ADDRESSEE): _ADDRESSEES,
    (About.EXCLUSION, To.ADDRESSEE): _WARNED,
    (About.PAYMENT, To.PARTY): _PAYMENT_PARTIES,
}


@dataclass(frozen=True, slots=True)
class Party:
    """Whose a loan (hold, claim ...) is; a loan with two borrowers has two."""

    subject: int
    division: DivisionId
    patron: PatronId
    day: date | None
    concerning: PatronId | None
    """Whose it is, where somebody else is written to about it."""


@dataclass(frozen=True, slots=True)
class LoanDue:
    """An open loan as the night sees it. `place` is its place in the order they are read in."""

    loan: LoanId
    place: tuple[int, int]
    division: DivisionId
    patron_group: PatronGroupId | None
    material_group: MaterialGroupId
    kind: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Matter:
    """A patron whom a day calls to write to. `key` names it where the day alone does not. Lists of them are of `limit`
    matters and the rest of the last patron's.
    """

    patron: PatronId
    division: DivisionId
    day: date | None
    key: int = 0
    patron_group: PatronGroupId | None = None


async def load_parties(tx: Transaction, about: About, to: To, subjects: Collection[int]) -> list[Party]:
    rows = await tx.rows(_PARTIES[about, to], tx.agency, list(subjects)) if subjects else []
    return [Party(row["id"], row["division_id"], row["patron_id"], row["day"], row["concerning_id"]) for row in rows]


async def load_payments(tx: Transaction, made: Collection[tuple[int, datetime]]) -> dict[tuple[int, datetime], int]:
    """The payment made on an account at a moment."""
    accounts, moments = [account for account, _ in made], [at for _, at in made]
    rows = await tx.rows(_PAYMENTS_AT, tx.agency, accounts, moments) if made else []
    return {(row["account_id"], row["at"]): row["payment_id"] for row in rows}


async def time_zone(tx: Transaction) -> str:
    zone: str = await tx.value(_ZONE, tx.agency)
    return zone


async def loans_due_on(tx: Transaction, days: Sequence[date], *, after: tuple[int, int], limit: int) -> list[LoanDue]:
    rows = await tx.rows(_LOANS_DUE_ON, tx.agency, list(days), *after, limit)
    return [_loan_due(row) for row in rows]


async def memberships_ending(
    tx: Transaction, after_last_days: Sequence[date], *, after: int, limit: int
) -> list[Matter]:
    """Those that nothing follows, in the order of their patrons. The days are the first ones after the memberships."""
    rows = await tx.rows(_MEMBERSHIPS_ENDING, tx.agency, list(after_last_days), after, limit)
    return [
        Matter(row["patron_id"], row["division_id"], row["day"], patron_group=row["patron_group_id"]) for row in rows
    ]


async def new_members(
    tx: Transaction, begins: datetime, ends: datetime, zone: str, *, after: int, limit: int
) -> list[Matter]:
    """Who was registered in that time and is a member at its end."""
    rows = await tx.rows(_NEW_MEMBERS, tx.agency, begins, ends, zone, after, limit)
    return [Matter(row["patron_id"], row["division_id"], row["day"]) for row in rows]


async def absences_ended(tx: Transaction, back_on: date, *, after: int, limit: int) -> list[Matter]:
    rows = await tx.rows(_ABSENCES_ENDED, tx.agency, back_on, after, limit)
    return [Matter(row["patron_id"], row["division_id"], row["day"]) for row in rows]


async def cards_ended(tx: Transaction, begins: datetime, ends: datetime, *, after: int, limit: int) -> list[Matter]:
    rows = await tx.rows(_CARDS_ENDED, tx.agency, begins, ends, after, limit)
    return [Matter(row["patron_id"], row["division_id"], None, key=row["identifier_id"]) for row in rows]


def _loan_due(row: Row) -> LoanDue:
    return LoanDue(
        loan=row["loan_id"],
        place=(row["item_agency_id"], row["item_id"]),
        division=row["division_id"],
        patron_group=row["patron_group_id"],
        material_group=row["material_group_id"],
        kind=row["kind"],
        due_on=row["due_on"],
    )
