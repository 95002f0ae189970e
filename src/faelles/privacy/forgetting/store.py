"""SQL of what privacy itself forgets, and of who has not been to the library for too long."""

from collections.abc import Mapping
from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

_NOTE_ACTIVITY = """
INSERT INTO patron_activity AS a (agency_id, patron_id, last_active_at)
SELECT $1, s.patron, s.at FROM unnest($2::bigint[], $3::timestamptz[]) AS s (patron, at)
    ON CONFLICT (agency_id, patron_id)
    DO UPDATE SET last_active_at = GREATEST(a.last_active_at, excluded.last_active_at)
"""
_FORGET_ERASURES = "DELETE FROM erasure WHERE agency_id = $1 AND erased_at < $2"
_FORGET_NAMES = """
DELETE FROM bookkeeping_name
 WHERE agency_id = $1
   AND account_id IN (SELECT account_id FROM bookkeeping_name WHERE agency_id = $1 AND kept_until < $2 LIMIT $3)
"""
# Who was here of late is left out before anybody asks what ties the others: every night looks at every patron.
_INACTIVE = """
SELECT p.patron_id
  FROM patron_last_seen AS p
 WHERE p.agency_id = $1 AND p.registered_at < $2 AND (p.last_active_at IS NULL OR p.last_active_at < $2)
   AND NOT EXISTS (SELECT FROM patron_tie AS t WHERE t.agency_id = $1 AND t.patron_id = p.patron_id)
 ORDER BY p.patron_id
 LIMIT $3
"""


async def note_activity(tx: Transaction, active: Mapping[PatronId, datetime]) -> None:
    await tx.execute(_NOTE_ACTIVITY, tx.agency, list(active), list(active.values()))


async def forget_erasures(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_ERASURES, tx.agency, before)


async def forget_names(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_NAMES, tx.agency, before, BATCH)


async def inactive(tx: Transaction, before: datetime, limit: int) -> list[PatronId]:
    """Patrons whom nothing ties, and who were last here before that moment."""
    return [PatronId(row["patron_id"]) for row in await tx.rows(_INACTIVE, tx.agency, before, limit)]
