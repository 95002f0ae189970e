"""The SQL of titles' numbers."""

from collections.abc import Sequence

import msgspec

from faelles.catalog.numbers.model import Numbered
from faelles.catalog.rules import LOCAL_BASE, NATIONAL_BASE
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import RecordId

# A number is first the nation's, then the agency's own, then a whole identifier. Merged records lead to the successor.
_RECORDS = """
WITH wanted AS (
    SELECT w.number, w.place FROM unnest($2::text[]) WITH ORDINALITY AS w (number, place)
), named AS (
    SELECT place, number, $3 || ':' || number AS identifier, 0 AS choice FROM wanted
    UNION ALL
    SELECT w.place, w.number, regexp_replace(a.isil, '^[^-]*-', '') || '-' || $4 || ':' || w.number, 1
      FROM wanted AS w JOIN agency_directory AS a ON a.agency_id = $1
    UNION ALL
    SELECT place, number, number, 2 FROM wanted
), found AS (
    SELECT DISTINCT ON (n.place) n.place, n.number, r.id, r.successor_id
      FROM named AS n
      JOIN record AS r ON r.agency_id IN (0, $1) AND r.identifier = n.identifier
     ORDER BY n.place, n.choice, r.agency_id DESC)
SELECT COALESCE(json_agg(json_build_array(number, CASE WHEN successor_id IS NULL THEN id ELSE current_title(id) END)
                         ORDER BY place), '[]')::text
  FROM found
"""
_IDENTIFIERS = "SELECT id, identifier FROM record WHERE agency_id IN (0, $1) AND id = ANY ($2::bigint[])"


_decode = msgspec.json.Decoder(list[Numbered]).decode


def records_numbered(tx: Transaction, numbers: Sequence[str]) -> Read[list[Numbered]]:
    return Read(_RECORDS, (tx.agency, list(numbers), NATIONAL_BASE, LOCAL_BASE), _decode)


async def identifiers(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, str]:
    rows = await tx.rows(_IDENTIFIERS, tx.agency, list(records))
    return {row["id"]: row["identifier"] for row in rows}
