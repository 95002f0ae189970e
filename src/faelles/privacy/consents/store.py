"""SQL of consents. The database itself notes a consent to history when the patron's flag changes."""

from datetime import datetime

import msgspec

from faelles.ground.database import Read, Transaction
from faelles.ground.ids import PatronId
from faelles.privacy.consents.model import ConsentKind, ConsentLine

_LIST = """
SELECT kind, given_at, split_part(given_by, ':', 1) AS given_by, text_version, withdrawn_at,
       split_part(withdrawn_by, ':', 1) AS withdrawn_by
  FROM consent
 WHERE agency_id = $1 AND patron_id = $2
 ORDER BY id
"""
_STANDING_SINCE = """
SELECT COALESCE((SELECT to_json(given_at)
                   FROM consent
                  WHERE agency_id = $1 AND patron_id = $2 AND kind = $3 AND withdrawn_at IS NULL), 'null')::text
"""
_GIVE = """
INSERT INTO consent (agency_id, patron_id, kind, given_at, given_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (agency_id, patron_id, kind) WHERE withdrawn_at IS NULL DO NOTHING
"""
_WITHDRAW = """
UPDATE consent SET withdrawn_at = GREATEST(given_at, $4::timestamptz), withdrawn_by = $5
 WHERE agency_id = $1 AND patron_id = $2 AND kind = $3 AND withdrawn_at IS NULL
"""
_WORD = """
UPDATE consent SET text_version = $4
 WHERE agency_id = $1 AND patron_id = $2 AND kind = $3 AND withdrawn_at IS NULL AND text_version IS NULL
"""
_GIVEN_AFTER = """
SELECT EXISTS (SELECT FROM consent
                WHERE agency_id = $1 AND patron_id = $2 AND kind = 'history' AND withdrawn_at IS NULL AND given_at > $3)
"""

_decode_moment = msgspec.json.Decoder(datetime | None).decode


async def of_patron(tx: Transaction, patron: PatronId) -> list[ConsentLine]:
    return [ConsentLine(**dict(row)) for row in await tx.rows(_LIST, tx.agency, patron)]


def standing_since(tx: Transaction, patron: PatronId, kind: ConsentKind) -> Read[datetime | None]:
    """When the consent that stands was given; None where none does."""
    return Read(_STANDING_SINCE, (tx.agency, patron, kind.value), _decode_moment)


async def give(tx: Transaction, patron: PatronId, kind: ConsentKind) -> bool:
    """Whether that was a change."""
    return await tx.execute(_GIVE, tx.agency, patron, kind.value, tx.now, tx.actor.told) > 0


async def withdraw(tx: Transaction, patron: PatronId, kind: ConsentKind) -> bool:
    """Whether that was a change."""
    return await tx.execute(_WITHDRAW, tx.agency, patron, kind.value, tx.now, tx.actor.told) > 0


async def word(tx: Transaction, patron: PatronId, kind: ConsentKind, version: str) -> None:
    """Note the wording of a consent that stands and has none yet."""
    await tx.execute(_WORD, tx.agency, patron, kind.value, version)


async def given_after(tx: Transaction, patron: PatronId, moment: datetime) -> bool:
    """Whether the consent to history that stands is younger than that moment."""
    answer: bool = await tx.value(_GIVEN_AFTER, tx.agency, patron, moment)
    return answer
