"""SQL of settings."""

import msgspec

from faelles.ground.database import Read, Transaction
from faelles.ground.ids import DivisionId

_LOAD = """
SELECT COALESCE(json_object_agg(key, setting), '{}')::text
  FROM division_setting
 WHERE agency_id = $1 AND division_id = $2
"""

_SAVE = """
INSERT INTO division_setting (agency_id, division_id, key, setting) VALUES ($1, $2, $3, $4)
    ON CONFLICT (agency_id, division_id, key) DO UPDATE SET setting = $4
"""

_FORGET = "DELETE FROM division_setting WHERE agency_id = $1 AND division_id = $2 AND key = $3"


_decode = msgspec.json.Decoder(dict[str, tuple[str, ...]]).decode


async def load(tx: Transaction, division: DivisionId) -> dict[str, tuple[str, ...]]:
    return await tx.ask(asked_for(tx, division))


def asked_for(tx: Transaction, division: DivisionId) -> Read[dict[str, tuple[str, ...]]]:
    """As `load`, together with more that is asked."""
    return Read(_LOAD, (tx.agency, division), _decode)


async def save(tx: Transaction, division: DivisionId, key: str, values: tuple[str, ...]) -> None:
    await tx.execute(_SAVE, tx.agency, division, key, list(values))


async def forget(tx: Transaction, division: DivisionId, key: str) -> None:
    await tx.execute(_FORGET, tx.agency, division, key)
