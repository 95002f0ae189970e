"""The SQL of titles' numbers."""

from collections.abc import Sequence

import msgspec

from faelles.catalog.numbers.model import Known, Numbered
from faelles.catalog.numbers.rules import named_by, sought_by
from faelles.catalog.rules import LOCAL_BASE
from faelles.ground.database import Read, Transaction
from faelles.ground.ids import RecordId

# What the numbers may stand for (rules.sought_by): $2 identifiers, $3 numbers that may be the agency's own, $4 what its
# base is called. In an array, each is one step in the index of identifiers.
OWN_BASE = """
(SELECT regexp_replace(a.isil, '^[^-]*-', '') || '-' || $4 || ':' FROM agency_directory AS a WHERE a.agency_id = $1)
"""
SOUGHT = f"($2::text[] || ARRAY(SELECT {OWN_BASE} || n.number FROM unnest($3::text[]) AS n (number)))"
# Merged records lead to the successor.
_RECORDS = f"""
SELECT json_build_array({OWN_BASE}, COALESCE(json_agg(json_build_array(
           agency_id, identifier, CASE WHEN successor_id IS NULL THEN id ELSE current_title(id) END)), '[]'))::text
  FROM record
 WHERE agency_id IN (0, $1) AND identifier = ANY {SOUGHT}
"""
_IDENTIFIERS = "SELECT id, identifier FROM record WHERE agency_id IN (0, $1) AND id = ANY ($2::bigint[])"


_decode = msgspec.json.Decoder(tuple[str, list[Known]]).decode


def records_numbered(tx: Transaction, numbers: Sequence[str]) -> Read[list[Numbered]]:
    def named(text: str) -> list[Numbered]:
        return [Numbered(number, known.record) for number, known in named_by(numbers, *_decode(text))]

    return Read(_RECORDS, (tx.agency, *sought_by(numbers), LOCAL_BASE), named)


async def identifiers(tx: Transaction, records: Sequence[RecordId]) -> dict[RecordId, str]:
    rows = await tx.rows(_IDENTIFIERS, tx.agency, list(records))
    return {row["id"]: row["identifier"] for row in rows}
