"""SQL of wishes."""

import msgspec

from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.notices.wishes.model import NO_WISHES, Wishes

_LOAD = "SELECT wishes::text FROM notice_wishes WHERE agency_id = $1 AND patron_id = $2"
_SAVE = """
INSERT INTO notice_wishes (agency_id, patron_id, wishes, changed_at)
VALUES ($1, $2, $3::text::jsonb, $4)
    ON CONFLICT (agency_id, patron_id) DO UPDATE SET wishes = EXCLUDED.wishes, changed_at = EXCLUDED.changed_at
"""

_SAID_IN = (
    "SELECT DISTINCT patron_id, kind FROM notice WHERE agency_id = $1 AND message_id = $2 ORDER BY patron_id, kind"
)
_MOVE = """
WITH gone AS (DELETE FROM notice_wishes WHERE agency_id = $1 AND patron_id = $2 RETURNING wishes, changed_at)
INSERT INTO notice_wishes (agency_id, patron_id, wishes, changed_at)
SELECT $1, $3, wishes, changed_at FROM gone
    ON CONFLICT DO NOTHING
"""


async def load(tx: Transaction, patron: PatronId) -> Wishes:
    stored = await tx.value(_LOAD, tx.agency, patron)
    return NO_WISHES if stored is None else msgspec.json.decode(stored, type=Wishes)


async def save(tx: Transaction, patron: PatronId, wishes: Wishes) -> None:
    await tx.execute(_SAVE, tx.agency, patron, msgspec.json.encode(wishes).decode(), tx.now)


async def said_in(tx: Transaction, message: int) -> list[tuple[PatronId, str]]:
    """Whom a message was sent to, and the kinds that it said."""
    return [(PatronId(row["patron_id"]), row["kind"]) for row in await tx.rows(_SAID_IN, tx.agency, message)]


async def move_patron(tx: Transaction, source: PatronId, target: PatronId) -> None:
    """The wishes of `target` stand where both have some."""
    await tx.execute(_MOVE, tx.agency, source, target)
