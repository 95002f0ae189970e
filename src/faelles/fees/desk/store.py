"""All SQL of the desk's business with money."""

from collections.abc import Sequence
from datetime import date

import msgspec

from faelles.fees.desk.model import (
    Balance,
    ClaimLine,
    Counter,
    Means,
    NewPayment,
    Owed,
    Part,
    Payment,
    Receipt,
    Responsible,
    StatementLine,
)
from faelles.fees.model import ChargeKind, Entry, EntryKind
from faelles.fees.store import entry_of
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import AccountId, ChargeId, DivisionId, PatronId
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

_LOAD_COUNTER = """
SELECT branch_id, division_id, currency, ($3::timestamptz AT TIME ZONE time_zone)::date AS today
  FROM branch_directory
 WHERE agency_id = $1 AND branch_id = $2
"""

_LOAD_ACCOUNTS = """
SELECT p.account_id, p.is_current, a.currency
  FROM patron_account AS p
  JOIN account AS a ON a.agency_id = $1 AND a.id = p.account_id
 WHERE p.agency_id = $1 AND p.patron_id = $2 AND p.division_id = $3
 ORDER BY p.account_id
"""

_LOAD_ENTRY = """
SELECT e.id, e.account_id, e.charge_id, e.kind, e.amount_ore, e.payment_id
  FROM ledger_entry AS e
 WHERE e.agency_id = $1 AND e.id = $2 AND e.account_id = ANY ($3::bigint[])
"""

_IS_REVERSED = "SELECT EXISTS (SELECT FROM ledger_entry WHERE agency_id = $1 AND reverses_id = $2)"

_HAS_LOANS = "SELECT EXISTS (SELECT FROM charge_line WHERE agency_id = $1 AND charge_id = $2)"

_INSERT_PAYMENT = """
INSERT INTO payment (agency_id, account_id, reference, means, amount_ore, branch_id, actor, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT ON CONSTRAINT payment_reference_known DO NOTHING
RETURNING id
"""

_LOAD_PAYMENT = """
SELECT id, account_id, reference, means, amount_ore, at FROM payment WHERE agency_id = $1 AND reference = $2
"""

_LOAD_MEANS = "SELECT means FROM payment WHERE agency_id = $1 AND id = $2"

# As they were when it was made: parts that were moved since are written at a later time.
_LOAD_PARTS = """
SELECT e.charge_id, -e.amount_ore AS amount_ore
  FROM ledger_entry AS e
  JOIN payment AS p ON p.agency_id = $1 AND p.id = e.payment_id
 WHERE e.agency_id = $1 AND e.payment_id = $2 AND e.kind = 'payment' AND e.at = p.at
 ORDER BY e.id
"""

_LOAD_RESPONSIBLE = """
SELECT b.birth_date,
       (SELECT g.guardian_id
          FROM responsible_guardian AS g
         WHERE g.agency_id = $1 AND g.patron_id = $2 AND g.valid @> $3::date
         ORDER BY lower(g.valid) DESC NULLS LAST, g.guardian_id
         LIMIT 1) AS guardian_id
  FROM borrower AS b
 WHERE b.agency_id = $1 AND b.patron_id = $2
"""

_LIST_BALANCES = """
SELECT b.patron_id, b.division_id, b.balance_ore,
       (SELECT a.currency FROM patron_account AS p JOIN account AS a ON a.agency_id = $1 AND a.id = p.account_id
         WHERE p.agency_id = $1 AND p.patron_id = $2 AND p.division_id = b.division_id AND p.is_current) AS currency
  FROM patron_balance AS b
 WHERE b.agency_id = $1 AND b.patron_id = $2 AND ($3::integer[] IS NULL OR b.division_id = ANY ($3))
 ORDER BY b.division_id
"""

_LIST_LIABILITIES = """
SELECT p.patron_id, p.division_id, sum(e.amount_ore)::bigint AS balance_ore, a.currency
  FROM charge_party AS y
  JOIN charge AS c ON c.agency_id = $1 AND c.id = y.charge_id
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
  JOIN patron_account AS p ON p.agency_id = $1 AND p.account_id = c.account_id
  JOIN ledger_entry AS e ON e.agency_id = $1 AND e.charge_id = c.id
 WHERE y.agency_id = $1 AND y.liable_id = $2 AND p.patron_id <> $2
   AND ($3::integer[] IS NULL OR p.division_id = ANY ($3))
 GROUP BY p.patron_id, p.division_id, a.currency
HAVING sum(e.amount_ore) > 0
 ORDER BY p.patron_id, p.division_id
"""

# On the patron's own accounts, and wherever else the patron is liable. Whatever belongs to a claim is looked up by its
# key (OFFSET 0): as joins, every account of the agency would be read.
_LIST_CLAIMS = """
WITH theirs AS (
    SELECT o.id
      FROM patron_account AS own
      JOIN charge AS o ON o.agency_id = $1 AND o.account_id = own.account_id
     WHERE own.agency_id = $1 AND own.patron_id = $2
     UNION
    SELECT charge_id FROM charge_party WHERE agency_id = $1 AND liable_id = $2
), listed AS (
    SELECT c.id, json_build_object(
               'for', p.patron_id, 'charge', c.id, 'division', p.division_id, 'kind', c.kind, 'step', c.step,
               'age_class', c.age_class, 'reason', c.reason, 'raised_at', c.raised_at, 'liable', y.liable_id,
               'addressee', y.addressee_id, 'charged_ore', s.charged_ore, 'outstanding_ore', s.outstanding_ore,
               'loans', ARRAY(SELECT l.loan_id FROM charge_line AS l
                               WHERE l.agency_id = $1 AND l.charge_id = c.id AND l.released_at IS NULL
                                 AND l.loan_id IS NOT NULL
                               ORDER BY l.id)) AS line
      FROM theirs AS t
     CROSS JOIN LATERAL (SELECT * FROM charge AS one WHERE one.agency_id = $1 AND one.id = t.id OFFSET 0) AS c
     CROSS JOIN LATERAL (
            SELECT * FROM patron_account AS one
             WHERE one.agency_id = $1 AND one.account_id = c.account_id OFFSET 0) AS p
      LEFT JOIN LATERAL (
            SELECT * FROM charge_party AS one WHERE one.agency_id = $1 AND one.charge_id = c.id OFFSET 0) AS y ON true
     CROSS JOIN LATERAL sums_of_claim($1, c.id) AS s
     WHERE ($3::integer[] IS NULL OR p.division_id = ANY ($3))
       AND c.id < $4 AND (NOT $5 OR s.outstanding_ore > 0)
     ORDER BY c.id DESC
     LIMIT $6)
SELECT COALESCE(json_agg(line ORDER BY id DESC), '[]')::text FROM listed
"""

_LIST_ENTRIES = """
SELECT e.id, p.division_id, e.at, e.kind, e.amount_ore, e.charge_id, c.kind AS charge_kind, c.step, e.reason,
       e.reverses_id, y.reference, e.branch_id
  FROM patron_account AS p
  JOIN ledger_entry AS e ON e.agency_id = $1 AND e.account_id = p.account_id
  LEFT JOIN charge AS c ON c.agency_id = $1 AND c.id = e.charge_id
  LEFT JOIN payment AS y ON y.agency_id = $1 AND y.id = e.payment_id
 WHERE p.agency_id = $1 AND p.patron_id = $2 AND ($3::integer[] IS NULL OR p.division_id = ANY ($3)) AND e.id < $4
 ORDER BY e.id DESC
 LIMIT $5
"""

_LAST = 2**63 - 1

_decode_claims = msgspec.json.Decoder(list[ClaimLine]).decode


async def load_counter(tx: Transaction, branch: int) -> Counter | None:
    row = await tx.row(_LOAD_COUNTER, tx.agency, branch, tx.now)
    if row is None:
        return None
    return Counter(branch=row["branch_id"], division=row["division_id"], currency=row["currency"], today=row["today"])


async def load_accounts(tx: Transaction, patron: PatronId, division: DivisionId) -> Owed:
    rows = await tx.rows(_LOAD_ACCOUNTS, tx.agency, patron, division)
    current = next((row for row in rows if row["is_current"]), None)
    return Owed(
        accounts=tuple(row["account_id"] for row in rows),
        current=current["account_id"] if current else None,
        currency=current["currency"] if current else None,
    )


async def load_entry(tx: Transaction, entry: int, accounts: Sequence[AccountId]) -> Entry | None:
    row = await tx.row(_LOAD_ENTRY, tx.agency, entry, list(accounts))
    return entry_of(row) if row else None


async def is_reversed(tx: Transaction, entry: int) -> bool:
    return bool(await tx.value(_IS_REVERSED, tx.agency, entry))


async def has_loans(tx: Transaction, charge: ChargeId) -> bool:
    """Whether the claim arose from loans, ended lines counted too."""
    return bool(await tx.value(_HAS_LOANS, tx.agency, charge))


async def insert_payment(tx: Transaction, new: NewPayment) -> int | None:
    """The new payment's id; None where its reference is known already."""
    added: int | None = await tx.value(
        _INSERT_PAYMENT,
        tx.agency,
        new.account,
        new.reference,
        new.means,
        new.amount_ore,
        new.branch,
        tx.actor.told,
        tx.now,
    )
    return added


async def load_payment(tx: Transaction, reference: str) -> Payment | None:
    row = await tx.row(_LOAD_PAYMENT, tx.agency, reference)
    if row is None:
        return None
    parts = await tx.rows(_LOAD_PARTS, tx.agency, row["id"])
    receipt = Receipt(
        payment=row["id"],
        reference=row["reference"],
        means=Means(row["means"]),
        amount_ore=row["amount_ore"],
        paid_at=row["at"],
        parts=tuple(Part(charge=part["charge_id"], amount_ore=part["amount_ore"]) for part in parts),
    )
    return Payment(account=row["account_id"], receipt=receipt)


async def load_means(tx: Transaction, payment: int) -> Means | None:
    means = await tx.value(_LOAD_MEANS, tx.agency, payment)
    return Means(means) if means else None


async def load_responsible(tx: Transaction, patron: PatronId, today: date) -> Responsible:
    row = await tx.row(_LOAD_RESPONSIBLE, tx.agency, patron, today)
    if row is None:
        return Responsible(birth_date=None, guardian=None)
    return Responsible(birth_date=row["birth_date"], guardian=row["guardian_id"])


async def list_balances(tx: Transaction, patron: PatronId, divisions: Divisions) -> list[Balance]:
    """The patron's own balances, then what the patron is liable for on the accounts of others."""
    own = await tx.rows(_LIST_BALANCES, tx.agency, patron, listed(divisions))
    others = await tx.rows(_LIST_LIABILITIES, tx.agency, patron, listed(divisions))
    return [
        Balance(
            for_patron=row["patron_id"],
            division=row["division_id"],
            currency=row["currency"],
            balance_ore=row["balance_ore"],
        )
        for row in own + others
    ]


async def list_claims(
    tx: Transaction, patron: PatronId, divisions: Divisions, *, only_open: bool, before: int | None, limit: int
) -> list[ClaimLine]:
    values = (tx.agency, patron, listed(divisions), before or _LAST, only_open, limit)
    return _decode_claims(await tx.value(_LIST_CLAIMS, *values))


async def list_entries(
    tx: Transaction, patron: PatronId, divisions: Divisions, *, before: int | None, limit: int
) -> list[StatementLine]:
    rows = await tx.rows(_LIST_ENTRIES, tx.agency, patron, listed(divisions), before or _LAST, limit)
    return [statement_line(row) for row in rows]


def statement_line(row: Row) -> StatementLine:
    """From a row of an entry, with its claim and payment where it has one."""
    return StatementLine(
        entry=row["id"],
        division=row["division_id"],
        at=row["at"],
        kind=EntryKind(row["kind"]),
        amount_ore=row["amount_ore"],
        charge=row["charge_id"],
        charge_kind=ChargeKind(row["charge_kind"]) if row["charge_kind"] else None,
        step=row["step"],
        reason=row["reason"],
        reverses=row["reverses_id"],
        reference=row["reference"],
        branch=row["branch_id"],
    )
