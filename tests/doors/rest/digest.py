"""Whether anything of an agency has changed, in any table: one digest over all its rows.

Who only reads takes no transaction number, so while the server has given none out, what was read before still holds.
"""

import asyncpg

_TABLES = """
SELECT c.oid::regclass::text AS name
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'agency_id'
 WHERE c.relnamespace = 'faelles'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY name
"""

_LAST_NUMBER = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"


class Ledger:
    """Digests the rows of an agency, seen by a role that no row policy binds."""

    def __init__(self, owner: "asyncpg.Connection[asyncpg.Record]", whole: str) -> None:
        self._owner = owner
        self._whole = whole
        self._read: dict[tuple[int, ...], tuple[str, dict[str, str]]] = {}

    async def digest(self, *agencies: int) -> dict[str, str]:
        """One digest per table of the rows of `agencies`."""
        number: str = await self._owner.fetchval(_LAST_NUMBER)
        read_at, digests = self._read.get(agencies, ("", {}))
        if read_at != number:
            digests = {row["name"]: row["digest"] for row in await self._owner.fetch(self._whole, list(agencies))}
            self._read[agencies] = number, digests
        return digests


async def open_ledger(owner: "asyncpg.Connection[asyncpg.Record]") -> Ledger:
    tables = [row["name"] for row in await owner.fetch(_TABLES)]
    return Ledger(
        owner,
        " UNION ALL ".join(
            f"SELECT '{table}' AS name, md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS digest"
            f" FROM {table} AS t WHERE agency_id = ANY ($1)"
            for table in tables
        ),
    )
