"""All SQL about the books as a whole: what is owed, what is credit, and whether they agree."""

from collections.abc import Collection, Sequence

from faelles.fees.model import ClaimFacts, Discrepancy, Entry, Share
from faelles.fees.store import claim_facts, entry_of
from faelles.ground.database import Transaction
from faelles.ground.ids import AccountId, ChargeId, DivisionId, PatronId

# The account itself too where retention has taken the link away.
_LOAD_ACCOUNTS_BESIDE = """
SELECT $2::bigint AS account_id
 UNION
SELECT q.account_id
  FROM patron_account AS p
  JOIN patron_account AS q ON q.agency_id = $1 AND q.patron_id = p.patron_id AND q.division_id = p.division_id
 WHERE p.agency_id = $1 AND p.account_id = $2
 ORDER BY account_id
"""

_LIST_CURRENT_ACCOUNTS = """
SELECT account_id, division_id
  FROM patron_account
 WHERE agency_id = $1 AND patron_id = $2 AND is_current
 ORDER BY account_id
"""

_LOAD_DEBTS = """
SELECT c.id AS charge_id, c.account_id, sum(e.amount_ore)::bigint AS amount_ore
  FROM charge AS c
  JOIN ledger_entry AS e ON e.agency_id = $1 AND e.charge_id = c.id
 WHERE c.agency_id = $1 AND c.account_id = ANY ($2::bigint[])
 GROUP BY c.id, c.account_id, c.raised_at
HAVING sum(e.amount_ore) > 0
 ORDER BY c.raised_at, c.id
"""

_LOAD_CREDIT = """
SELECT e.id, e.account_id, e.charge_id, e.kind, e.amount_ore, e.payment_id
  FROM ledger_entry AS e
 WHERE e.agency_id = $1 AND e.account_id = ANY ($2::bigint[]) AND e.charge_id IS NULL AND e.kind = 'payment'
   AND NOT EXISTS (SELECT FROM ledger_entry AS r WHERE r.agency_id = $1 AND r.reverses_id = e.id)
 ORDER BY e.id
"""

_LOAD_CLAIMS = """
SELECT c.id AS charge_id, c.account_id, a.division_id, c.kind, c.step, c.age_class
  FROM charge AS c
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
 WHERE c.agency_id = $1 AND c.id = ANY ($2::bigint[])
"""

_CHECK_BOOKS = """
SELECT 'claim_below_zero' AS failed, e.account_id, e.charge_id AS subject_id, sum(e.amount_ore)::bigint AS amount_ore
  FROM ledger_entry AS e
 WHERE e.agency_id = $1 AND e.charge_id IS NOT NULL
 GROUP BY e.account_id, e.charge_id
HAVING sum(e.amount_ore) < 0
UNION ALL
SELECT 'credit_above_zero', e.account_id, e.account_id, sum(e.amount_ore)::bigint
  FROM ledger_entry AS e
 WHERE e.agency_id = $1 AND e.charge_id IS NULL
 GROUP BY e.account_id
HAVING sum(e.amount_ore) > 0
UNION ALL
SELECT 'reversal_differs', r.account_id, r.id, r.amount_ore
  FROM ledger_entry AS r
  JOIN ledger_entry AS e ON e.agency_id = $1 AND e.id = r.reverses_id
 WHERE r.agency_id = $1
   AND (r.amount_ore <> -e.amount_ore OR r.account_id <> e.account_id
        OR r.charge_id IS DISTINCT FROM e.charge_id OR e.kind = 'reversal')
UNION ALL
SELECT 'charge_on_other_account', e.account_id, e.id, e.amount_ore
  FROM ledger_entry AS e
  JOIN charge AS c ON c.agency_id = $1 AND c.id = e.charge_id
 WHERE e.agency_id = $1 AND c.account_id <> e.account_id
UNION ALL
SELECT 'payment_spent_twice', p.account_id, p.id, p.amount_ore + sum(e.amount_ore)::bigint
  FROM payment AS p
  JOIN ledger_entry AS e ON e.agency_id = $1 AND e.payment_id = p.id
 WHERE p.agency_id = $1
 GROUP BY p.account_id, p.id, p.amount_ore
HAVING p.amount_ore + sum(e.amount_ore) < 0
UNION ALL
SELECT 'balance_differs', p.account_id, p.account_id, b.balance_ore - e.total
  FROM patron_account AS p
  JOIN patron_balance AS b ON b.agency_id = $1 AND b.patron_id = p.patron_id AND b.division_id = p.division_id
 CROSS JOIN LATERAL (
        SELECT COALESCE(sum(e.amount_ore), 0)::bigint AS total
          FROM ledger_entry AS e
         WHERE e.agency_id = $1
           AND e.account_id IN (SELECT q.account_id FROM patron_account AS q
                                 WHERE q.agency_id = $1 AND q.patron_id = p.patron_id
                                   AND q.division_id = p.division_id)) AS e
 WHERE p.agency_id = $1 AND p.is_current AND b.balance_ore <> e.total
UNION ALL
SELECT 'credit_unused', e.account_id, e.account_id, sum(e.amount_ore) FILTER (WHERE e.charge_id IS NULL)::bigint
  FROM ledger_entry AS e
 WHERE e.agency_id = $1
 GROUP BY e.account_id
HAVING sum(e.amount_ore) FILTER (WHERE e.charge_id IS NULL) < 0
   AND sum(e.amount_ore) FILTER (WHERE e.charge_id IS NOT NULL) > 0
"""


async def load_accounts_beside(tx: Transaction, account: AccountId) -> list[AccountId]:
    """`account` and the others of the same patron in the same division: one purse."""
    return [row["account_id"] for row in await tx.rows(_LOAD_ACCOUNTS_BESIDE, tx.agency, account)]


async def list_current_accounts(tx: Transaction, patron: PatronId) -> list[tuple[AccountId, DivisionId]]:
    """One account for each division where the patron has any."""
    rows = await tx.rows(_LIST_CURRENT_ACCOUNTS, tx.agency, patron)
    return [(row["account_id"], row["division_id"]) for row in rows]


async def load_debts(tx: Transaction, accounts: Sequence[AccountId]) -> list[Share]:
    """What is owed of each claim, oldest first."""
    rows = await tx.rows(_LOAD_DEBTS, tx.agency, list(accounts))
    return [Share(charge=row["charge_id"], account=row["account_id"], amount_ore=row["amount_ore"]) for row in rows]


async def load_credit(tx: Transaction, accounts: Sequence[AccountId]) -> list[Entry]:
    """Payments that no claim uses, oldest first."""
    return [entry_of(row) for row in await tx.rows(_LOAD_CREDIT, tx.agency, list(accounts))]


async def load_claims(tx: Transaction, charges: Collection[ChargeId]) -> list[ClaimFacts]:
    return [claim_facts(row) for row in await tx.rows(_LOAD_CLAIMS, tx.agency, list(charges))]


async def check_books(tx: Transaction) -> list[Discrepancy]:
    return [
        Discrepancy(
            check=row["failed"], account=row["account_id"], subject=row["subject_id"], amount_ore=row["amount_ore"]
        )
        for row in await tx.rows(_CHECK_BOOKS, tx.agency)
    ]
