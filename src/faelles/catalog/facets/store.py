"""The SQL of narrowing a search."""

from faelles.catalog.facets.model import Match
from faelles.ground.database import Transaction
from faelles.ground.ids import RecordId

_MATCHES = """
SELECT r.id, r.material_type, r.language, r.year, r.creators
  FROM records_matching($2, '', $3, 0) AS found
  JOIN record AS r ON r.id = found.record_id
 WHERE r.agency_id IN (0, $1)
 ORDER BY found.place
"""


async def matches(tx: Transaction, words: str, most: int) -> list[Match]:
    return [
        Match(
            record=RecordId(row["id"]),
            material_type=row["material_type"],
            language=row["language"],
            year=row["year"],
            creators=tuple(row["creators"]),
        )
        for row in await tx.rows(_MATCHES, tx.agency, words, most)
    ]
