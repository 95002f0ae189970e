"""All SQL about raising claims and taking them back. Whoever calls holds the lock on the patron's row."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from faelles.fees.model import (
    AgeClass,
    BatchClaim,
    ChargeKind,
    ChargeRaised,
    Claim,
    ClaimFacts,
    Entry,
    EntryKind,
    Posting,
    Standing,
)
from faelles.ground.database import Row, Transaction
from faelles.ground.events import Event
from faelles.ground.ids import BranchId, ChargeId, LoanId, PatronId
from faelles.ground.money import Ore

_LOAD_STANDING = """
WITH own AS (
    SELECT account_id, is_current
      FROM patron_account
     WHERE agency_id = $1 AND patron_id = $2 AND division_id = $3
), batch AS (
    SELECT c.id, c.account_id, c.step
      FROM charge AS c
      JOIN own AS o ON o.account_id = c.account_id
     WHERE c.agency_id = $1 AND c.kind = $4 AND c.batch = $5
), line AS (
    SELECT l.charge_id, l.loan_id, l.amount_ore
      FROM charge_line AS l
      JOIN batch AS b ON b.id = l.charge_id
     WHERE l.agency_id = $1 AND l.released_at IS NULL
), same AS (
    SELECT id, account_id FROM batch WHERE step = $6 ORDER BY id LIMIT 1
)
SELECT COALESCE((SELECT account_id FROM same), (SELECT account_id FROM own WHERE is_current)) AS account_id,
       (SELECT id FROM same) AS charge_id,
       EXISTS (SELECT FROM line JOIN batch ON batch.id = line.charge_id
                WHERE line.loan_id = $7 AND batch.step = $6) AS has_line,
       COALESCE((SELECT max(amount_ore) FROM line), 0)::bigint AS claimed_ore,
       COALESCE((SELECT -sum(e.amount_ore)
                   FROM own AS o
                   JOIN ledger_entry AS e ON e.agency_id = $1 AND e.account_id = o.account_id AND e.charge_id IS NULL),
                0)::bigint AS credit_ore
"""

# Account, claim, line, entry and event as far as each is missing, in one statement: a late return is the desk's daily
# bread. Foreign keys are checked when the statement ends. Who is liable is named anew for what is added to a claim that
# was settled so long ago that it is forgotten whose it was.
_WRITE_CLAIM = """
WITH opened AS (
    INSERT INTO account (agency_id, division_id, currency)
    SELECT $1, $2, $3 WHERE $5::bigint IS NULL
    RETURNING id
), linked AS (
    INSERT INTO patron_account (agency_id, patron_id, division_id, account_id)
    SELECT $1, $4, $2, id FROM opened
), raised AS (
    INSERT INTO charge (agency_id, account_id, kind, batch, step, age_class, rule_id, reason, raised_at)
    SELECT $1, COALESCE($5, (SELECT id FROM opened)), $7, $8, $9, $10, $11, $12, $13 WHERE $6::bigint IS NULL
    RETURNING id
), claim AS (
    SELECT COALESCE($5, (SELECT id FROM opened)) AS account_id, COALESCE($6, (SELECT id FROM raised)) AS charge_id
), party AS (
    INSERT INTO charge_party (agency_id, charge_id, liable_id, addressee_id)
    SELECT $1, charge_id, $14, $15 FROM claim WHERE $6::bigint IS NULL OR $18::bigint > 0
        ON CONFLICT (agency_id, charge_id) DO NOTHING
), line AS (
    INSERT INTO charge_line (agency_id, charge_id, loan_id, kind, step, batch, amount_ore, added_at)
    SELECT $1, charge_id, $16::bigint, $7, $9, $8, $17, $13 FROM claim WHERE $16::bigint IS NOT NULL
), entry AS (
    INSERT INTO ledger_entry (agency_id, account_id, charge_id, kind, amount_ore, reason, actor, branch_id, at)
    SELECT $1, account_id, charge_id, 'charge', $18, $12, $19, $20, $13 FROM claim WHERE $18::bigint > 0
), told AS (
    INSERT INTO event (agency_id, at, actor, kind, loan_id, account_id, subject_id, dimensions)
    SELECT $1, $13, $23, $21, $16::bigint, account_id, charge_id, $22::jsonb FROM claim WHERE $18::bigint > 0
)
SELECT account_id, charge_id FROM claim
"""

_END_LINES = """
UPDATE charge_line
   SET released_at = $4
 WHERE agency_id = $1 AND loan_id = $2 AND kind = ANY ($3::text[]) AND released_at IS NULL
   AND ($5::text IS NULL OR batch = $5)
RETURNING charge_id
"""

# Batches of the claims $2, over all accounts linked to the same patron and division.
_LOAD_BATCHES = """
SELECT DISTINCT c.id AS charge_id, c.account_id, a.division_id, c.kind, c.step, c.age_class, c.batch,
       ARRAY(SELECT l.amount_ore FROM charge_line AS l
              WHERE l.agency_id = $1 AND l.charge_id = c.id AND l.released_at IS NULL) AS lines
  FROM charge AS ended
  LEFT JOIN patron_account AS p ON p.agency_id = $1 AND p.account_id = ended.account_id
  LEFT JOIN patron_account AS q
         ON q.agency_id = $1 AND q.patron_id = p.patron_id AND q.division_id = p.division_id
  JOIN charge AS c
    ON c.agency_id = $1 AND c.account_id = COALESCE(q.account_id, ended.account_id)
   AND c.kind = ended.kind AND c.batch = ended.batch
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
 WHERE ended.agency_id = $1 AND ended.id = ANY ($2::bigint[])
 ORDER BY c.batch, c.kind, c.id
"""

_LOAD_LIVE_ENTRIES = """
SELECT e.id, e.account_id, e.charge_id, e.kind, e.amount_ore, e.payment_id
  FROM ledger_entry AS e
 WHERE e.agency_id = $1 AND e.charge_id = ANY ($2::bigint[]) AND e.kind <> 'reversal'
   AND NOT EXISTS (SELECT FROM ledger_entry AS r WHERE r.agency_id = $1 AND r.reverses_id = e.id)
 ORDER BY e.id
"""

_INSERT_ENTRIES = """
INSERT INTO ledger_entry (agency_id, account_id, charge_id, kind, amount_ore, reverses_id, payment_id, reason, actor,
                          branch_id, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

_MOVE_ACCOUNTS = """
UPDATE patron_account AS moved
   SET patron_id = $3,
       is_current = moved.is_current AND NOT EXISTS (
           SELECT FROM patron_account AS p
            WHERE p.agency_id = $1 AND p.patron_id = $3 AND p.division_id = moved.division_id AND p.is_current)
 WHERE moved.agency_id = $1 AND moved.patron_id = $2
"""

_MOVE_PARTIES = """
UPDATE charge_party
   SET liable_id = CASE liable_id WHEN $2 THEN $3 ELSE liable_id END,
       addressee_id = CASE addressee_id WHEN $2 THEN $3 ELSE addressee_id END
 WHERE agency_id = $1 AND (liable_id = $2 OR addressee_id = $2)
"""

_MOVE_LETTERS = """
UPDATE exclusion_notice_party SET addressee_id = $3 WHERE agency_id = $1 AND addressee_id = $2
"""


async def load_standing(tx: Transaction, claim: Claim) -> Standing:
    row = await tx.row(
        _LOAD_STANDING,
        tx.agency,
        claim.parties.patron,
        claim.division,
        claim.kind,
        claim.batch,
        claim.step,
        claim.loan,
    )
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return Standing(
        account=row["account_id"],
        charge=row["charge_id"],
        has_line=row["has_line"],
        claimed_ore=row["claimed_ore"],
        credit_ore=row["credit_ore"],
    )


async def write_claim(tx: Transaction, claim: Claim, standing: Standing, amount: Ore, event: Event) -> ChargeRaised:
    """Raise `claim` or join it, and charge `amount` of it now; with 0 nothing is charged and nothing told."""
    row = await tx.row(
        _WRITE_CLAIM,
        tx.agency,
        claim.division,
        claim.currency,
        claim.parties.patron,
        standing.account,
        standing.charge,
        claim.kind,
        claim.batch,
        claim.step,
        claim.age_class,
        claim.rule,
        claim.reason,
        tx.now,
        claim.parties.liable,
        claim.parties.addressee,
        claim.loan,
        claim.amount_ore,
        amount,
        tx.actor.told,
        claim.branch,
        event.kind,
        msgspec.json.encode(event.dimensions).decode(),
        tx.actor.told,
    )
    assert row is not None  # noqa: S101 - as above
    return ChargeRaised(
        charge=row["charge_id"], account=row["account_id"], kind=claim.kind, step=claim.step, amount_ore=amount
    )


async def end_lines(tx: Transaction, loan: LoanId, kinds: Sequence[ChargeKind], batch: str | None) -> list[ChargeId]:
    """End the loan's lines of `kinds`, in one batch or in all, and tell which claims they stood on."""
    rows = await tx.rows(_END_LINES, tx.agency, loan, list(kinds), tx.now, batch)
    return [row["charge_id"] for row in rows]


async def load_batches(tx: Transaction, charges: Sequence[ChargeId]) -> list[list[BatchClaim]]:
    """All claims of the batches that `charges` belong to, batch by batch."""
    rows = await tx.rows(_LOAD_BATCHES, tx.agency, list(charges))
    return [
        [BatchClaim(facts=claim_facts(row), lines=tuple(row["lines"])) for row in batch]
        for _, batch in groupby(rows, key=lambda row: (row["batch"], row["kind"]))
    ]


async def load_live_entries(tx: Transaction, charges: Sequence[ChargeId]) -> list[Entry]:
    """The entries of `charges` that nothing has reversed, oldest first."""
    return [entry_of(row) for row in await tx.rows(_LOAD_LIVE_ENTRIES, tx.agency, list(charges))]


async def insert_entries(tx: Transaction, postings: Sequence[Posting], branch: BranchId | None) -> None:
    await tx.execute_many(
        _INSERT_ENTRIES,
        [
            (
                tx.agency,
                posting.account,
                posting.charge,
                posting.kind,
                posting.amount_ore,
                posting.reverses,
                posting.payment,
                posting.reason,
                tx.actor.told,
                branch,
                tx.now,
            )
            for posting in postings
        ],
    )


async def move_accounts(tx: Transaction, source: PatronId, target: PatronId) -> None:
    """Link `source`'s accounts to `target`, beside the target's own, which stay the current ones."""
    await tx.execute(_MOVE_ACCOUNTS, tx.agency, source, target)
    await tx.execute(_MOVE_PARTIES, tx.agency, source, target)
    await tx.execute(_MOVE_LETTERS, tx.agency, source, target)


def claim_facts(row: Row) -> ClaimFacts:
    return ClaimFacts(
        charge=row["charge_id"],
        account=row["account_id"],
        division=row["division_id"],
        kind=ChargeKind(row["kind"]),
        step=row["step"],
        age_class=AgeClass(row["age_class"]) if row["age_class"] else None,
    )


def entry_of(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        account=row["account_id"],
        charge=row["charge_id"],
        kind=EntryKind(row["kind"]),
        amount_ore=row["amount_ore"],
        payment=row["payment_id"],
    )
