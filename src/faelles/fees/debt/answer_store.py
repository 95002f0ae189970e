"""All SQL about what the debtor system says."""

from collections.abc import Sequence

import msgspec

from faelles.fees.debt.model import Answer, AnswerKind, HandedOver
from faelles.ground.database import Row, Transaction
from faelles.ground.errors import FaellesError
from faelles.ground.ids import AccountId, ChargeId, PatronId

_LOAD_FILE = "SELECT sha256 FROM debt_file WHERE agency_id = $1 AND direction = 'in' AND number = $2"

_LATEST_FILE = "SELECT COALESCE(max(number), 0) FROM debt_file WHERE agency_id = $1 AND direction = 'in'"

_INSERT_FILE = """
INSERT INTO debt_file (agency_id, direction, number, sha256, messages, at, done_at)
VALUES ($1, 'in', $2, $3, $4, $5, $5)
    ON CONFLICT (agency_id, direction, number) DO NOTHING
"""

_KEEP_REFUSED_FILE = """
INSERT INTO debt_file_refused (agency_id, sha256, name, why, details, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (agency_id, sha256) DO UPDATE
   SET name = excluded.name, why = excluded.why, details = excluded.details, settled_at = NULL, settled_by = NULL,
       settled_why = NULL
"""

_SETTLE_FILE = """
UPDATE debt_file_refused SET settled_at = $3, settled_by = $4, settled_why = $5
 WHERE agency_id = $1 AND name = $2 AND settled_at IS NULL
"""

_KEEP = """
INSERT INTO debt_answer (agency_id, external_id, kind, message_number, charge_id, amount_ore, happened_on, reason,
                         received_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (agency_id, external_id) DO NOTHING
"""

_ANSWERS = """
SELECT external_id, kind, message_number, charge_id, amount_ore, happened_on, reason
  FROM debt_answer
 WHERE agency_id = $1
"""

_LOAD = _ANSWERS + "   AND external_id = $2"

# Those whose claim or message is known by now: however many wait for what will never come, they hold nobody up.
_PARKED = (
    _ANSWERS
    + """
   AND applied_at IS NULL AND settled_at IS NULL
   AND (EXISTS (SELECT FROM debt_claim AS h WHERE h.agency_id = $1 AND h.charge_id = debt_answer.charge_id)
        OR EXISTS (SELECT FROM debt_message AS m WHERE m.agency_id = $1 AND m.number = debt_answer.message_number))
 ORDER BY received_at, external_id
 LIMIT $2
   FOR NO KEY UPDATE
"""
)

_NOTE_APPLIED = "UPDATE debt_answer SET applied_at = $3 WHERE agency_id = $1 AND external_id = $2"

# Said once more with other words, it is on the report again.
_NOTE_CONTRADICTED = """
UPDATE debt_answer SET is_contradicted = true, settled_at = NULL WHERE agency_id = $1 AND external_id = $2
"""

# Said once more, what nobody could apply is tried again.
_OPEN_AGAIN = """
UPDATE debt_answer SET settled_at = NULL
 WHERE agency_id = $1 AND external_id = $2 AND settled_at IS NOT NULL AND applied_at IS NULL
"""

_SETTLE = """
UPDATE debt_answer SET settled_at = $3, settled_by = $4, settled_why = $5
 WHERE agency_id = $1 AND external_id = $2 AND settled_at IS NULL AND (applied_at IS NULL OR is_contradicted)
RETURNING external_id, kind, message_number, charge_id, amount_ore, happened_on, reason
"""

_ACKNOWLEDGE = """
UPDATE debt_message SET acknowledged_at = COALESCE(acknowledged_at, $3) WHERE agency_id = $1 AND number = $2
"""

# What was refused was never heard: the claim is marked, and what it was to change is taken back. Who refused the claim
# itself believes nothing of it, whatever else was said about it meanwhile.
_REFUSE = """
WITH refused AS (
    UPDATE debt_message SET refused_why = $3 WHERE agency_id = $1 AND number = $2 AND refused_why IS NULL
    RETURNING charge_id, amount_ore
), marked AS (
    UPDATE debt_claim AS h
       SET told_ore = CASE WHEN EXISTS (SELECT FROM debt_message AS m
                                         WHERE m.agency_id = $1 AND m.charge_id = h.charge_id AND m.number <> $2
                                           AND m.kind = 'claim' AND m.refused_why IS NULL)
                           THEN h.told_ore - r.amount_ore ELSE 0 END,
           refused_at = $4
      FROM refused AS r
     WHERE h.agency_id = $1 AND h.charge_id = r.charge_id
)
SELECT EXISTS (SELECT FROM debt_message WHERE agency_id = $1 AND number = $2)
"""

_LOAD_HANDED_OVER = """
SELECT h.charge_id, c.account_id, a.division_id, p.patron_id, h.told_ore
  FROM debt_claim AS h
  JOIN charge AS c ON c.agency_id = $1 AND c.id = h.charge_id
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
  LEFT JOIN patron_account AS p ON p.agency_id = $1 AND p.account_id = c.account_id
 WHERE h.agency_id = $1 AND h.charge_id = $2
"""

_PATRONS_OF = """
SELECT DISTINCT p.patron_id
  FROM charge AS c
  JOIN patron_account AS p ON p.agency_id = $1 AND p.account_id = c.account_id
 WHERE c.agency_id = $1 AND c.id = ANY ($2::bigint[])
 ORDER BY p.patron_id
"""

_HEARD = """
UPDATE debt_claim AS h SET told_ore = h.told_ore - $3
 WHERE h.agency_id = $1 AND h.charge_id = $2
   AND EXISTS (SELECT FROM debt_message AS m
                WHERE m.agency_id = $1 AND m.charge_id = $2 AND m.kind = 'claim' AND m.refused_why IS NULL)
"""


async def load_file(tx: Transaction, number: int) -> bytes | None:
    """The digest of a file that came in under that number."""
    digest: bytes | None = await tx.value(_LOAD_FILE, tx.agency, number)
    return digest


async def latest_file(tx: Transaction) -> int:
    """The highest number of a file that came in; 0 where none did."""
    return int(await tx.value(_LATEST_FILE, tx.agency))


async def insert_file(tx: Transaction, number: int, digest: bytes, messages: int) -> bool:
    """Whether it was not there; whoever brings it at the same time waits."""
    return bool(await tx.execute(_INSERT_FILE, tx.agency, number, digest, messages, tx.now))


async def keep_refused_file(tx: Transaction, name: str, digest: bytes, problem: FaellesError) -> None:
    """A file that could not be used; brought once more it is to be seen to again."""
    details = msgspec.json.encode(problem.parameters).decode()
    await tx.execute(_KEEP_REFUSED_FILE, tx.agency, digest, name, problem.code, details, tx.now)


async def settle_file(tx: Transaction, name: str, why: str) -> bool:
    """Whether any file of that name had not been seen to."""
    return bool(await tx.execute(_SETTLE_FILE, tx.agency, name, tx.now, str(tx.actor), why))


async def keep(tx: Transaction, answer: Answer) -> bool:
    """Keep an answer under its name; whether the name was new."""
    return bool(
        await tx.execute(
            _KEEP,
            tx.agency,
            answer.id,
            answer.kind,
            answer.message,
            answer.claim,
            answer.amount_ore,
            answer.on,
            answer.reason,
            tx.now,
        )
    )


async def load(tx: Transaction, external_id: str) -> Answer | None:
    row = await tx.row(_LOAD, tx.agency, external_id)
    return _answer(row) if row else None


async def lock_parked(tx: Transaction, limit: int) -> list[Answer]:
    """What could not be applied yet, the first to come first."""
    return [_answer(row) for row in await tx.rows(_PARKED, tx.agency, limit)]


async def note_applied(tx: Transaction, external_id: str) -> None:
    await tx.execute(_NOTE_APPLIED, tx.agency, external_id, tx.now)


async def note_contradicted(tx: Transaction, external_id: str) -> None:
    await tx.execute(_NOTE_CONTRADICTED, tx.agency, external_id)


async def open_again(tx: Transaction, external_id: str) -> bool:
    """Whether it had been taken off the report without having been applied."""
    return bool(await tx.execute(_OPEN_AGAIN, tx.agency, external_id))


async def settle(tx: Transaction, external_id: str, why: str) -> Answer | None:
    """An answer that waits or contradicts, which somebody has seen to; None where there is none by that name."""
    row = await tx.row(_SETTLE, tx.agency, external_id, tx.now, str(tx.actor), why)
    return _answer(row) if row else None


async def acknowledge(tx: Transaction, message: int) -> bool:
    """Whether there is such a message."""
    return bool(await tx.execute(_ACKNOWLEDGE, tx.agency, message, tx.now))


async def refuse(tx: Transaction, message: int, why: str) -> bool:
    """Whether there is such a message."""
    return bool(await tx.value(_REFUSE, tx.agency, message, why, tx.now))


async def load_handed_over(tx: Transaction, charge: ChargeId) -> HandedOver | None:
    row = await tx.row(_LOAD_HANDED_OVER, tx.agency, charge)
    if row is None:
        return None
    return HandedOver(
        charge=ChargeId(row["charge_id"]),
        account=AccountId(row["account_id"]),
        division=row["division_id"],
        patron=PatronId(row["patron_id"]) if row["patron_id"] else None,
        told_ore=row["told_ore"],
    )


async def patrons_of(tx: Transaction, charges: Sequence[int]) -> list[PatronId]:
    """On whose accounts `charges` stand."""
    return [PatronId(row["patron_id"]) for row in await tx.rows(_PATRONS_OF, tx.agency, list(charges))]


async def note_heard(tx: Transaction, charge: ChargeId, amount: int) -> None:
    """The debtor system says itself that `amount` less is owed; of a claim that it refused it knows nothing all the
    same.
    """
    await tx.execute(_HEARD, tx.agency, charge, amount)


def _answer(row: Row) -> Answer:
    return Answer(
        id=row["external_id"],
        kind=AnswerKind(row["kind"]),
        message=row["message_number"],
        claim=row["charge_id"],
        amount_ore=row["amount_ore"],
        on=row["happened_on"],
        reason=row["reason"],
    )
