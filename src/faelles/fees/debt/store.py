"""All SQL about what the debtor system is told."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from faelles.fees.debt.model import ClaimShown, Due, MessageKind, Mismatch, OutMessageKept, Terms
from faelles.fees.model import ChargeKind
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import ChargeId, DivisionId
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

_START_COUNTING = "INSERT INTO debt_counter (agency_id) VALUES ($1) ON CONFLICT (agency_id) DO NOTHING"

_LOCK_COUNTERS = "SELECT next_message, next_file FROM debt_counter WHERE agency_id = $1 FOR NO KEY UPDATE"

_COUNT_ON = "UPDATE debt_counter SET next_message = $2, next_file = $3 WHERE agency_id = $1"

# Claims old enough, of those who owe enough, whose addressee is known and that were not handed over yet. Two patrons
# who became one owe together.
_LIST_NEW = """
WITH debtor AS (
    SELECT p.patron_id
      FROM patron_account AS p
      JOIN ledger_entry AS e ON e.agency_id = $1 AND e.account_id = p.account_id
     WHERE p.agency_id = $1 AND p.division_id = $2
     GROUP BY p.patron_id
    HAVING sum(e.amount_ore) >= $4
)
SELECT c.id AS charge_id, sum(e.amount_ore)::bigint AS amount_ore
  FROM debtor AS d
  JOIN patron_account AS p ON p.agency_id = $1 AND p.patron_id = d.patron_id AND p.division_id = $2
  JOIN charge AS c ON c.agency_id = $1 AND c.account_id = p.account_id AND c.raised_at < $3
  JOIN ledger_entry AS e ON e.agency_id = $1 AND e.charge_id = c.id
 WHERE EXISTS (SELECT FROM charge_party AS y WHERE y.agency_id = $1 AND y.charge_id = c.id)
   AND NOT EXISTS (SELECT FROM debt_claim AS h WHERE h.agency_id = $1 AND h.charge_id = c.id)
 GROUP BY c.id
HAVING sum(e.amount_ore) > 0
 ORDER BY c.id
 LIMIT $5
"""

_LIST_CHANGED = """
SELECT h.charge_id, (o.outstanding_ore - h.told_ore) AS amount_ore,
       EXISTS (SELECT FROM debt_message AS m
                WHERE m.agency_id = $1 AND m.charge_id = h.charge_id AND m.kind = 'claim' AND m.refused_why IS NULL)
           AS is_known
  FROM debt_claim AS h
 CROSS JOIN LATERAL sums_of_claim($1, h.charge_id) AS o
 WHERE h.agency_id = $1 AND h.refused_at IS NULL AND o.outstanding_ore <> h.told_ore
 ORDER BY h.charge_id
 LIMIT $2
"""

_HAND_OVER = """
INSERT INTO debt_claim (agency_id, charge_id, told_ore, handed_over_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (agency_id, charge_id) DO UPDATE SET told_ore = debt_claim.told_ore + $3
"""

_INSERT_MESSAGE = """
INSERT INTO debt_message (agency_id, number, kind, charge_id, amount_ore, at, file_number)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

_INSERT_FILE = "INSERT INTO debt_file (agency_id, direction, number, messages, at) VALUES ($1, 'out', $2, $3, $4)"

_UNDELIVERED = """
SELECT number FROM debt_file WHERE agency_id = $1 AND direction = 'out' AND done_at IS NULL ORDER BY number
"""

_DELIVERED = "UPDATE debt_file SET done_at = $3 WHERE agency_id = $1 AND direction = 'out' AND number = $2"

_MESSAGES = """
SELECT m.number, m.kind, m.charge_id, m.amount_ore, a.currency, c.kind AS charge_kind,
       (c.raised_at AT TIME ZONE $4)::date AS raised_on, y.addressee_id
  FROM debt_message AS m
  JOIN charge AS c ON c.agency_id = $1 AND c.id = m.charge_id
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
  LEFT JOIN charge_party AS y ON y.agency_id = $1 AND y.charge_id = m.charge_id
 WHERE m.agency_id = $1 AND ($2::bigint IS NULL OR m.file_number = $2) AND m.number > $3
 ORDER BY m.number
 LIMIT $5
"""

_LIST_CLAIMS = """
SELECT h.charge_id, a.division_id, h.handed_over_at, h.told_ore, h.refused_at IS NOT NULL AS is_refused,
       o.outstanding_ore
  FROM debt_claim AS h
 CROSS JOIN LATERAL sums_of_claim($1, h.charge_id) AS o
  JOIN charge AS c ON c.agency_id = $1 AND c.id = h.charge_id
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
 WHERE h.agency_id = $1 AND h.charge_id > $2 AND ($3::integer[] IS NULL OR a.division_id = ANY ($3))
 ORDER BY h.charge_id
 LIMIT $4
"""

_CHECK = """
SELECT 'debt_not_told' AS failed, h.charge_id::text AS subject, o.outstanding_ore - h.told_ore AS amount_ore,
       NULL AS why, NULL::jsonb AS details
  FROM debt_claim AS h
 CROSS JOIN LATERAL sums_of_claim($1, h.charge_id) AS o
 WHERE h.agency_id = $1 AND h.refused_at IS NULL AND o.outstanding_ore <> h.told_ore
UNION ALL
SELECT 'debt_file_undelivered', number::text, NULL, NULL, NULL FROM debt_file
 WHERE agency_id = $1 AND direction = 'out' AND done_at IS NULL
UNION ALL
SELECT 'debt_file_set_aside', name, NULL, why, details
  FROM debt_file_refused
 WHERE agency_id = $1 AND settled_at IS NULL
UNION ALL
SELECT 'debt_message_unheard', number::text, amount_ore, NULL, NULL
  FROM debt_message
 WHERE agency_id = $1 AND acknowledged_at IS NULL AND refused_why IS NULL AND at < $2
UNION ALL
SELECT 'debt_claim_refused', h.charge_id::text, o.outstanding_ore - h.told_ore, NULL, NULL
  FROM debt_claim AS h
 CROSS JOIN LATERAL sums_of_claim($1, h.charge_id) AS o
 WHERE h.agency_id = $1 AND h.refused_at IS NOT NULL AND o.outstanding_ore <> h.told_ore
UNION ALL
SELECT 'debt_answer_parked', external_id, amount_ore, NULL, NULL FROM debt_answer
 WHERE agency_id = $1 AND applied_at IS NULL AND settled_at IS NULL
UNION ALL
SELECT 'debt_answer_contradicted', external_id, amount_ore, NULL, NULL FROM debt_answer
 WHERE agency_id = $1 AND is_contradicted AND settled_at IS NULL
UNION ALL
SELECT 'debt_file_missing', CASE WHEN begin = until THEN begin::text ELSE begin || '-' || until END, NULL, NULL, NULL
  FROM (SELECT lag(number, 1, 0::bigint) OVER (ORDER BY number) + 1 AS begin, number - 1 AS until
          FROM debt_file
         WHERE agency_id = $1 AND direction = 'in') AS gap
 WHERE begin <= until
"""

_OFFER_AGAIN = """
UPDATE debt_claim SET refused_at = NULL WHERE agency_id = $1 AND charge_id = $2 AND refused_at IS NOT NULL
"""

_DIVISION_OF_CLAIM = """
SELECT a.division_id
  FROM debt_claim AS h
  JOIN charge AS c ON c.agency_id = $1 AND c.id = h.charge_id
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
 WHERE h.agency_id = $1 AND h.charge_id = $2
"""

_TOLD = "SELECT charge_id, told_ore FROM debt_claim WHERE agency_id = $1 AND refused_at IS NULL"


async def lock_counters(tx: Transaction) -> tuple[int, int]:
    """The numbers of the next message and the next file; whoever has them exports alone."""
    await tx.execute(_START_COUNTING, tx.agency)
    row = await tx.row(_LOCK_COUNTERS, tx.agency)
    assert row is not None  # noqa: S101 - it was made above
    return row["next_message"], row["next_file"]


async def list_new(tx: Transaction, terms: Terms, limit: int) -> list[Due]:
    """Claims of one division to hand over."""
    rows = await tx.rows(_LIST_NEW, tx.agency, terms.division, terms.raised_before, terms.from_ore, limit)
    return [_due(row, MessageKind.CLAIM) for row in rows]


async def list_changed(tx: Transaction, limit: int) -> list[Due]:
    """Claims of which the debtor system believes something else than the ledger. One that it refused and shall have all
    the same is a claim again.
    """
    return [
        _due(row, MessageKind.ADJUSTMENT if row["is_known"] else MessageKind.CLAIM)
        for row in await tx.rows(_LIST_CHANGED, tx.agency, limit)
    ]


async def offer_again(tx: Transaction, charge: ChargeId) -> bool:
    """Whether it had been refused."""
    return bool(await tx.execute(_OFFER_AGAIN, tx.agency, charge))


async def division_of_claim(tx: Transaction, charge: ChargeId) -> DivisionId | None:
    """Of a claim that was handed over."""
    division: DivisionId | None = await tx.value(_DIVISION_OF_CLAIM, tx.agency, charge)
    return division


async def write_file(tx: Transaction, due: Sequence[Due], first: int, file: int) -> None:
    """Put everything that is to be told into the outbox, as one file, and count on."""
    await tx.execute_many(_HAND_OVER, [(tx.agency, each.charge, each.amount_ore, tx.now) for each in due])
    await tx.execute_many(
        _INSERT_MESSAGE,
        [
            (tx.agency, number, each.kind, each.charge, each.amount_ore, tx.now, file)
            for number, each in enumerate(due, start=first)
        ],
    )
    await tx.execute(_INSERT_FILE, tx.agency, file, len(due), tx.now)
    await tx.execute(_COUNT_ON, tx.agency, first + len(due), file + 1)


async def list_undelivered(tx: Transaction) -> list[int]:
    return [row["number"] for row in await tx.rows(_UNDELIVERED, tx.agency)]


async def note_delivered(tx: Transaction, file: int) -> None:
    await tx.execute(_DELIVERED, tx.agency, file, tx.now)


async def list_messages(
    tx: Transaction, zone: str, *, file: int | None, after: int = 0, limit: int | None = None
) -> list[OutMessageKept]:
    """The messages of a file, or of all, in order."""
    return [
        OutMessageKept(
            number=row["number"],
            kind=MessageKind(row["kind"]),
            charge=ChargeId(row["charge_id"]),
            amount_ore=row["amount_ore"],
            currency=row["currency"],
            charge_kind=ChargeKind(row["charge_kind"]),
            raised_on=row["raised_on"],
            addressee=row["addressee_id"],
        )
        for row in await tx.rows(_MESSAGES, tx.agency, file, after, zone, limit)
    ]


async def list_claims(tx: Transaction, divisions: Divisions, *, after: int, limit: int) -> list[ClaimShown]:
    reach = listed(divisions)
    return [
        ClaimShown(
            charge=ChargeId(row["charge_id"]),
            division=row["division_id"],
            handed_over_at=row["handed_over_at"],
            told_ore=row["told_ore"],
            outstanding_ore=row["outstanding_ore"],
            is_refused=row["is_refused"],
        )
        for row in await tx.rows(_LIST_CLAIMS, tx.agency, after, reach, limit)
    ]


async def check(tx: Transaction, unheard_before: datetime) -> list[Mismatch]:
    """Whatever keeps the two sides from agreeing, as far as it can be seen from here."""
    return [
        Mismatch(
            check=row["failed"],
            subject=row["subject"],
            amount_ore=row["amount_ore"],
            why=row["why"],
            details=msgspec.json.decode(row["details"]) if row["details"] else {},
        )
        for row in await tx.rows(_CHECK, tx.agency, unheard_before)
    ]


async def load_told(tx: Transaction) -> dict[int, int]:
    """What the debtor system must believe of each claim."""
    return {row["charge_id"]: row["told_ore"] for row in await tx.rows(_TOLD, tx.agency)}


def _due(row: Row, kind: MessageKind) -> Due:
    return Due(charge=ChargeId(row["charge_id"]), kind=kind, amount_ore=row["amount_ore"])
