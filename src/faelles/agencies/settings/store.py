"""SQL of settings."""

from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId

_LOAD = "SELECT key, setting FROM division_setting WHERE agency_id = $1 AND division_id = $2"

_SAVE = """
INSERT INTO division_setting (agency_id, division_id, key, setting) VALUES ($1, $2, $3, $4)
    ON CONFLICT (agency_id, division_id, key) DO UPDATE SET setting = $4
"""

_FORGET = "DELETE FROM division_setting WHERE agency_id = $1 AND division_id = $2 AND key = $3"


async def load(tx: Transaction, division: DivisionId) -> dict[str, tuple[str, ...]]:
    return {row["key"]: tuple(row["setting"]) for row in await tx.rows(_LOAD, tx.agency, division)}


async def save(tx: Transaction, division: DivisionId, key: str, values: tuple[str, ...]) -> None:
    await tx.execute(_SAVE, tx.agency, division, key, list(values))


async def forget(tx: Transaction, division: DivisionId, key: str) -> None:
    await tx.execute(_FORGET, tx.agency, division, key)
