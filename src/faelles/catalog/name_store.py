"""The SQL of what a record is also known by: its ISBNs, and the aliases it was given."""

from collections.abc import Sequence

from faelles.ground.database import Transaction
from faelles.ground.ids import RecordId

_ADD_ISBNS = """
INSERT INTO record_isbn (agency_id, isbn, record_id) SELECT $1, unnest($3::text[]), $2 ON CONFLICT DO NOTHING
"""
_ADD_ALIAS = "INSERT INTO record_alias (agency_id, alias, record_id) VALUES ($1, $2, $3)"
_REMOVE_ALIAS = "DELETE FROM record_alias WHERE agency_id = $1 AND alias = $2 AND record_id = $3"
_ALIASES = "SELECT alias FROM record_alias WHERE agency_id IN (0, $1) AND record_id = ANY ($2::bigint[]) ORDER BY alias"
_ISBNS = """
SELECT DISTINCT isbn FROM record_isbn WHERE agency_id IN (0, $1) AND record_id = ANY ($2::bigint[]) ORDER BY isbn
"""


async def add_isbns(tx: Transaction, record: RecordId, isbns: Sequence[str]) -> None:
    if isbns:
        await tx.execute(_ADD_ISBNS, tx.agency, record, isbns)


async def add_alias(tx: Transaction, record: RecordId, alias: str) -> None:
    await tx.execute(_ADD_ALIAS, tx.agency, alias, record)


async def remove_alias(tx: Transaction, record: RecordId, alias: str) -> bool:
    return await tx.execute(_REMOVE_ALIAS, tx.agency, alias, record) > 0


async def names(tx: Transaction, records: Sequence[RecordId]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Aliases and ISBNs of `records`."""
    aliases = await tx.rows(_ALIASES, tx.agency, records)
    isbns = await tx.rows(_ISBNS, tx.agency, records)
    return tuple(row["alias"] for row in aliases), tuple(row["isbn"] for row in isbns)
