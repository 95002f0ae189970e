"""The SQL of one claim."""

from faelles.fees.claims.model import ClaimLoan
from faelles.fees.desk.model import StatementLine
from faelles.fees.desk.store import statement_line
from faelles.ground.database import Transaction
from faelles.ground.ids import AccountId, ChargeId, PatronId, RuleId
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

_HOW = "SELECT batch, rule_id FROM charge WHERE agency_id = $1 AND id = $2"

_LOANS = """
SELECT loan_id, amount_ore, added_at, released_at
  FROM charge_line
 WHERE agency_id = $1 AND charge_id = $2 AND loan_id IS NOT NULL
 ORDER BY id
"""

_ENTRIES = """
SELECT e.id, a.division_id, e.at, e.kind, e.amount_ore, e.charge_id, c.kind AS charge_kind, c.step, e.reason,
       e.reverses_id, y.reference, e.branch_id
  FROM ledger_entry AS e
  JOIN account AS a ON a.agency_id = $1 AND a.id = e.account_id
  JOIN charge AS c ON c.agency_id = $1 AND c.id = e.charge_id
  LEFT JOIN payment AS y ON y.agency_id = $1 AND y.id = e.payment_id
 WHERE e.agency_id = $1 AND e.charge_id = $2
 ORDER BY e.id
"""

_IS_OF = """
SELECT EXISTS (SELECT FROM patron_account AS p
                WHERE p.agency_id = $1 AND p.patron_id = $2 AND p.account_id = $3
                  AND ($4::integer[] IS NULL OR p.division_id = ANY ($4)))
"""


async def how_raised(tx: Transaction, charge: ChargeId) -> tuple[str, RuleId | None]:
    """The claim's batch, and the rule it follows from. Raises LookupError for no claim."""
    row = await tx.row(_HOW, tx.agency, charge)
    if row is None:
        raise LookupError(charge)
    return row["batch"], row["rule_id"]


async def loans_of(tx: Transaction, charge: ChargeId) -> tuple[ClaimLoan, ...]:
    rows = await tx.rows(_LOANS, tx.agency, charge)
    return tuple(
        ClaimLoan(
            loan=row["loan_id"],
            amount_ore=row["amount_ore"],
            added_at=row["added_at"],
            released_at=row["released_at"],
        )
        for row in rows
    )


async def entries_of(tx: Transaction, charge: ChargeId) -> tuple[StatementLine, ...]:
    return tuple(statement_line(row) for row in await tx.rows(_ENTRIES, tx.agency, charge))


async def is_account_of(tx: Transaction, patron: PatronId, account: AccountId, divisions: Divisions) -> bool:
    return bool(await tx.value(_IS_OF, tx.agency, patron, account, listed(divisions)))
