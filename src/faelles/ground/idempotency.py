"""The same request twice is one request: the key a client sends with a change is kept with the answer's ids.

Only successes are kept; a refusal is decided again. Scope of a key: agency, client, operation. The key with another
request is an error. Hot paths do the same inside their own load and write; the table and the rule are one.
"""

import hashlib
from typing import TypeVar

import msgspec

from faelles.ground.database.transaction import Transaction
from faelles.ground.errors import ConflictError, invalid_field

Answer = TypeVar("Answer")

LONGEST_KEY = 200

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_RECALL = """
SELECT fingerprint, answer::text AS answer
  FROM idempotency
 WHERE agency_id = $1 AND client = $2 AND operation = $3 AND key = $4
"""
_REMEMBER = """
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)
"""


def fingerprint(*asked: object) -> bytes:
    """What makes two requests the same request: the digest of everything they ask for. It must hold no secret and no
    CPR number: a bare digest of either could be guessed back.
    """
    return hashlib.sha256(msgspec.json.encode(asked, order="sorted")).digest()


def check_key(key: str | None) -> None:
    """Refuse a key that cannot be kept."""
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise invalid_field("Idempotency-Key", "idempotency_key_malformed", longest=LONGEST_KEY)


async def recall(
    tx: Transaction, operation: str, key: str | None, request: object, answer_type: type[Answer]
) -> Answer | None:
    """The answer this key was given before, or None when it is new; a twin that comes meanwhile waits for us."""
    if key is None:
        return None
    check_key(key)
    await tx.execute(_LOCK, f"{tx.agency}/{tx.actor}/{operation}/{key}")
    row = await tx.row(_RECALL, tx.agency, str(tx.actor), operation, key)
    if row is None:
        return None
    if row["fingerprint"] != fingerprint(request):
        raise ConflictError("idempotency_key_reused")
    return msgspec.json.decode(row["answer"], type=answer_type)


async def answered(tx: Transaction, operation: str, key: str | None, answer_type: type[Answer]) -> Answer | None:
    """What this client was answered under a key, for as long as that is kept; nothing is claimed."""
    row = None if key is None else await tx.row(_RECALL, tx.agency, str(tx.actor), operation, key)
    return None if row is None else msgspec.json.decode(row["answer"], type=answer_type)


async def remember(tx: Transaction, operation: str, key: str | None, request: object, answer: object) -> None:
    """Keep `answer` (ids and plain values; nothing personal) under `key`."""
    await keep(tx, operation, key, fingerprint(request), answer)


async def keep(tx: Transaction, operation: str, key: str | None, digest: bytes, answer: object) -> None:
    """As `remember`, for a request whose fingerprint is known already."""
    if key is None:
        return
    encoded = msgspec.json.encode(answer).decode()
    await tx.execute(_REMEMBER, tx.agency, str(tx.actor), operation, key, digest, encoded, tx.now)
