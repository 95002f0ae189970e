"""Queues for the bench to work on; what makes them is queues.sql, which the database's owner runs."""

from collections.abc import Mapping, Sequence
from importlib import resources

from faelles.bench.country import Errand
from faelles.bench.store import Connection

_PREPARE = """
CREATE TABLE bench.queue (agency_id integer NOT NULL, number text NOT NULL, branch_id integer NOT NULL, length integer)
"""
_SET_TITLES = "SELECT set_config('bench.titles', $1, false)"
_SEARCH_PATH = "SET search_path = faelles, public"
_RECORDS = """
SELECT c.number, c.record_id FROM copy AS c
  JOIN unnest($1::integer[], $2::text[]) AS wanted (agency_id, number)
    ON wanted.agency_id = c.agency_id AND wanted.number = c.number
"""
_VACUUM = "VACUUM (ANALYZE)"


async def make_queues(owner: Connection, queues: Sequence[tuple[Errand, int]], titles: int) -> None:
    """So many holds for the title of each errand's copy, and a hold each for `titles` others."""
    await owner.execute(_SEARCH_PATH)
    await owner.execute(_PREPARE)
    rows = [(errand.agency, errand.item, errand.branch, length) for errand, length in queues]
    await owner.copy_records_to_table("queue", schema_name="bench", records=rows)
    await owner.fetchval(_SET_TITLES, str(titles))
    script = (resources.files("faelles.bench.matching") / "queues.sql").read_text(encoding="utf-8")
    await owner.execute(script, timeout=600)
    await owner.execute(_VACUUM, timeout=600)


async def records(owner: Connection, errands: Sequence[Errand]) -> Mapping[str, int]:
    """The record of each errand's copy, by the copy's number."""
    await owner.execute(_SEARCH_PATH)
    found = await owner.fetch(_RECORDS, [each.agency for each in errands], [each.item for each in errands])
    return {row["number"]: row["record_id"] for row in found}
