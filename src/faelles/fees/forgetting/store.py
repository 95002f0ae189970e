"""SQL that takes people away from the books. The books stay: entries, amounts, dates."""

from collections.abc import Sequence
from datetime import datetime

from faelles.fees.model import ChargeKind
from faelles.ground.database import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import AccountId, PatronId

# What is kept of settled claims beside the books is little: the search begins there, and not in the books.
_SETTLED_CLAIMS = """
SELECT c.charge_id
  FROM (SELECT charge_id FROM charge_party WHERE agency_id = $1
         UNION SELECT charge_id FROM charge_line WHERE agency_id = $1 AND loan_id IS NOT NULL) AS k
  JOIN claim_settlement AS c ON c.agency_id = $1 AND c.charge_id = k.charge_id
 WHERE c.kind = ANY ($2::text[]) AND c.owed_ore = 0 AND c.latest_at < $3
 ORDER BY c.charge_id
 LIMIT $4
"""
_DELETE_PARTIES = "DELETE FROM charge_party WHERE agency_id = $1 AND charge_id = ANY ($2::bigint[])"
# What the claim was for stays, without the loan: a copy of the batch that comes back later joins it, and costs no more.
_FORGET_LINES = (
    "DELETE FROM charge_line WHERE agency_id = $1 AND charge_id = ANY ($2::bigint[]) AND released_at IS NOT NULL",
    "UPDATE charge_line SET loan_id = NULL WHERE agency_id = $1 AND charge_id = ANY ($2::bigint[])",
)

_FORGET_LETTERS = """
DELETE FROM exclusion_notice_party
 WHERE agency_id = $1
   AND notice_id IN (SELECT n.id
                       FROM exclusion_notice_party AS y
                       JOIN exclusion_notice AS n ON n.agency_id = $1 AND n.id = y.notice_id
                       JOIN account_settlement AS e ON e.agency_id = $1 AND e.account_id = n.account_id
                      WHERE y.agency_id = $1 AND e.owed_ore <= 0 AND n.noticed_at < $2 AND e.latest_at < $2
                      LIMIT $3)
"""
_OLD_ACCOUNTS = """
SELECT a.account_id
  FROM patron_account AS a
  JOIN account_settlement AS e ON e.agency_id = $1 AND e.account_id = a.account_id
 WHERE a.agency_id = $1 AND e.owed_ore = 0 AND e.year_ended_at < $2
 ORDER BY a.account_id
 LIMIT $3
"""
_ACCOUNTS_OF = """
SELECT a.account_id, e.year_ended_at
  FROM patron_account AS a
  JOIN account_settlement AS e ON e.agency_id = $1 AND e.account_id = a.account_id
 WHERE a.agency_id = $1 AND a.patron_id = $2
 ORDER BY a.account_id
"""
_UNLINK = "DELETE FROM patron_account WHERE agency_id = $1 AND account_id = ANY ($2::bigint[])"
# Words that somebody wrote about a claim may name a person; the rest of the entry is figures.
_BLANK = (
    """
UPDATE ledger_entry SET reason = NULL
 WHERE agency_id = $1 AND account_id = ANY ($2::bigint[]) AND reason IS NOT NULL
""",
    "UPDATE charge SET reason = NULL WHERE agency_id = $1 AND account_id = ANY ($2::bigint[]) AND reason IS NOT NULL",
    """
UPDATE payment_order SET return_url = '', redirect_url = NULL
 WHERE agency_id = $1 AND account_id = ANY ($2::bigint[])
""",
    """
UPDATE payment_refund SET reason = ''
 WHERE agency_id = $1
   AND order_id IN (SELECT id FROM payment_order WHERE agency_id = $1 AND account_id = ANY ($2::bigint[]))
""",
    """
UPDATE debt_answer SET reason = NULL, settled_why = NULL
 WHERE agency_id = $1
   AND charge_id IN (SELECT id FROM charge WHERE agency_id = $1 AND account_id = ANY ($2::bigint[]))
""",
    """
WITH theirs AS (
    SELECT m.number
      FROM debt_message AS m
      JOIN charge AS c ON c.agency_id = $1 AND c.id = m.charge_id AND c.account_id = ANY ($2::bigint[])
     WHERE m.agency_id = $1
), blanked AS (
    UPDATE debt_message SET refused_why = ''
     WHERE agency_id = $1 AND number IN (SELECT number FROM theirs) AND refused_why IS NOT NULL
)
UPDATE debt_answer SET reason = NULL, settled_why = NULL
 WHERE agency_id = $1 AND message_number IN (SELECT number FROM theirs)
""",
)
_ERASE_LINES = """
DELETE FROM charge_line
 WHERE agency_id = $1
   AND charge_id IN (SELECT id FROM charge WHERE agency_id = $1 AND account_id = ANY ($2::bigint[]))
"""
_ERASE_PARTIES = "DELETE FROM charge_party WHERE agency_id = $1 AND (liable_id = $2 OR addressee_id = $2)"
_ERASE_LETTERS = "DELETE FROM exclusion_notice_party WHERE agency_id = $1 AND addressee_id = $2"


async def forget_claims(tx: Transaction, kinds: Sequence[ChargeKind], before: datetime) -> int:
    rows = await tx.rows(_SETTLED_CLAIMS, tx.agency, list(kinds), before, BATCH)
    charges = [row["charge_id"] for row in rows]
    for forget in _FORGET_LINES:
        await tx.execute(forget, tx.agency, charges)
    await tx.execute(_DELETE_PARTIES, tx.agency, charges)
    return len(charges)


async def forget_letters(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_LETTERS, tx.agency, before, BATCH)


async def old_accounts(tx: Transaction, before: datetime) -> list[AccountId]:
    """Accounts with nothing owed whose latest entry lies in a year that ended before that moment."""
    return [row["account_id"] for row in await tx.rows(_OLD_ACCOUNTS, tx.agency, before, BATCH)]


async def accounts_of(tx: Transaction, patron: PatronId) -> list[tuple[AccountId, datetime | None]]:
    """With the end of the book-keeping year of the latest entry; None where there is no entry."""
    return [
        (AccountId(row["account_id"]), row["year_ended_at"]) for row in await tx.rows(_ACCOUNTS_OF, tx.agency, patron)
    ]


async def unlink(tx: Transaction, accounts: Sequence[AccountId]) -> None:
    await tx.execute(_UNLINK, tx.agency, list(accounts))
    for blank in _BLANK:
        await tx.execute(blank, tx.agency, list(accounts))


async def erase(tx: Transaction, patron: PatronId, accounts: Sequence[AccountId]) -> None:
    await tx.execute(_ERASE_LINES, tx.agency, list(accounts))
    await tx.execute(_ERASE_PARTIES, tx.agency, patron)
    await tx.execute(_ERASE_LETTERS, tx.agency, patron)
    await unlink(tx, accounts)
