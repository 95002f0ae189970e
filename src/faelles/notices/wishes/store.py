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


async def load(tx: Transaction, patron: PatronId) -> Wishes:
    stored = await tx.value(_LOAD, tx.agency, patron)
    return NO_WISHES if stored is None else msgspec.json.decode(stored, type=Wishes)


async def save(tx: Transaction, patron: PatronId, wishes: Wishes) -> None:
    await tx.execute(_SAVE, tx.agency, patron, msgspec.json.encode(wishes).decode(), tx.now)
