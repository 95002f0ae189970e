"""The SQL of tokens and of failed sign-ins."""

from collections.abc import Sequence
from datetime import datetime

from faelles.ground.database import Database, Row, Transaction
from faelles.ground.ids import AgencyId
from faelles.people.model import NewToken, Subject

_LOAD_CALLER = "SELECT * FROM caller_by_token($1, $2)"
_AGENCY_BEHIND_ISIL = "SELECT agency_behind_isil($1) AS agency_id"

_INSERT = """
INSERT INTO token (agency_id, secret_hash, subject, subject_id, support_grant_id, language, label,
                   signed_in_at, issued_at, expires_at, idle, used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $9)
RETURNING id
"""
_LOCK = """
SELECT id, subject, subject_id, support_grant_id, language, label, signed_in_at, idle
  FROM token
 WHERE agency_id = $1 AND secret_hash = $2 AND revoked_at IS NULL AND LEAST(expires_at, used_at + idle) > $3
   FOR NO KEY UPDATE
"""
_NOTE_USE = "UPDATE token SET used_at = $3 WHERE agency_id = $1 AND id = $2 AND used_at < $3"
_REVOKE = "UPDATE token SET revoked_at = $3 WHERE agency_id = $1 AND id = $2 AND revoked_at IS NULL"
_REVOKE_ALL = """
UPDATE token SET revoked_at = $4
 WHERE agency_id = $1 AND subject = $2 AND subject_id = $3 AND revoked_at IS NULL AND expires_at > $4
"""
_HOLDER = "SELECT subject, subject_id FROM token WHERE agency_id = $1 AND id = $2"
_LIST = """
SELECT id, subject, subject_id, label, signed_in_at, issued_at, expires_at
  FROM token
 WHERE agency_id = $1 AND subject = $2 AND subject_id = $3 AND revoked_at IS NULL AND expires_at > $4 AND id > $5
 ORDER BY id
 LIMIT $6
"""
_IS_KNOWN = """
SELECT CASE $2 WHEN 'staff' THEN EXISTS (SELECT FROM staff WHERE agency_id = $1 AND id = $3::bigint)
               WHEN 'machine' THEN EXISTS (SELECT FROM machine WHERE agency_id = $1 AND id = $3::bigint)
               WHEN 'client' THEN EXISTS (SELECT FROM api_client WHERE agency_id = $1 AND id = $3::bigint)
               WHEN 'support' THEN EXISTS (SELECT FROM token WHERE agency_id = $1 AND subject = $2 AND subject_id = $3)
               ELSE false END
"""
_FORGET_ENDED = "DELETE FROM token WHERE agency_id = $1 AND (expires_at < $2 OR revoked_at < $2)"

_SERIALISE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_FAILURES = """
SELECT failures, last_failed_at, locked_until FROM failed_sign_in WHERE agency_id = $1 AND identifier_hash = $2
"""
_COUNT_FAILURE = """
INSERT INTO failed_sign_in (agency_id, identifier_hash, failures, last_failed_at, locked_until)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency_id, identifier_hash)
DO UPDATE SET failures = excluded.failures, last_failed_at = excluded.last_failed_at,
              locked_until = excluded.locked_until
"""
_FORGET_FAILURES_OF = "DELETE FROM failed_sign_in WHERE agency_id = $1 AND identifier_hash = $2"
_FORGET_FAILURES = """
DELETE FROM failed_sign_in WHERE agency_id = $1 AND last_failed_at < $2 AND COALESCE(locked_until < $3, true)
"""


async def load_caller(database: Database, secret_hash: bytes, now: datetime) -> Row | None:
    """Who holds a token, of whatever agency; no row where it is not (or no longer) good."""
    rows = await database.outside_agencies(_LOAD_CALLER, secret_hash, now)
    return rows[0] if rows else None


async def agency_behind_isil(database: Database, isil: str) -> AgencyId | None:
    agency: int | None = (await database.outside_agencies(_AGENCY_BEHIND_ISIL, isil))[0]["agency_id"]
    return None if agency is None else AgencyId(agency)


async def insert_token(tx: Transaction, new: NewToken, secret_hash: bytes, expires_at: datetime) -> int:
    token: int = await tx.value(
        _INSERT,
        tx.agency,
        secret_hash,
        new.subject.kind.value,
        new.subject.id,
        new.support_grant,
        new.language.value,
        new.label,
        new.signed_in_at or tx.now,
        tx.now,
        expires_at,
        new.idle,
    )
    return token


async def lock_token(tx: Transaction, secret_hash: bytes) -> Row | None:
    return await tx.row(_LOCK, tx.agency, secret_hash, tx.now)


async def note_use(tx: Transaction, token: int) -> None:
    await tx.execute(_NOTE_USE, tx.agency, token, tx.now)


async def revoke_token(tx: Transaction, token: int) -> bool:
    return await tx.execute(_REVOKE, tx.agency, token, tx.now) == 1


async def revoke_tokens_of(tx: Transaction, subject: Subject) -> int:
    return await tx.execute(_REVOKE_ALL, tx.agency, subject.kind.value, subject.id, tx.now)


async def token_subject(tx: Transaction, token: int) -> Row | None:
    return await tx.row(_HOLDER, tx.agency, token)


async def tokens_of(tx: Transaction, subject: Subject, after: int, limit: int) -> Sequence[Row]:
    return await tx.rows(_LIST, tx.agency, subject.kind.value, subject.id, tx.now, after, limit)


async def is_known(tx: Transaction, subject: Subject) -> bool:
    """Whether the agency has such a holder of tokens. Patrons are not asked after here."""
    known: bool = await tx.value(_IS_KNOWN, tx.agency, subject.kind.value, subject.id)
    return known


async def forget_tokens(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_ENDED, tx.agency, before)


async def serialise_attempts(tx: Transaction, identifier_hash: bytes) -> None:
    """Attempts on one identifier take turns until this transaction ends, whether or not there is a row to lock."""
    await tx.execute(_SERIALISE, f"sign-in/{tx.agency}/{identifier_hash.hex()}")


async def load_failures(tx: Transaction, identifier_hash: bytes) -> Row | None:
    return await tx.row(_FAILURES, tx.agency, identifier_hash)


async def count_failure(tx: Transaction, identifier_hash: bytes, failures: int, locked_until: datetime | None) -> None:
    await tx.execute(_COUNT_FAILURE, tx.agency, identifier_hash, failures, tx.now, locked_until)


async def forget_failures_of(tx: Transaction, identifier_hash: bytes) -> None:
    await tx.execute(_FORGET_FAILURES_OF, tx.agency, identifier_hash)


async def forget_failures(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_FAILURES, tx.agency, before, tx.now)
