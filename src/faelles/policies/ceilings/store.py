"""All SQL about ceilings, but for what a policy is compiled from. The nation writes them, everybody reads them."""

from datetime import datetime

import asyncpg

from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import NATION
from faelles.policies.ceilings.model import CeilingRecord, ListCeilings
from faelles.policies.model import Ceiling

_END = """
UPDATE policy_ceiling
   SET valid = tstzrange(lower(valid), greatest($3, lower(valid)))
 WHERE agency_id = $1 AND knob = $2 AND NOT isempty(valid) AND (upper_inf(valid) OR upper(valid) > $3)
"""
_INSERT = """
INSERT INTO policy_ceiling (agency_id, knob, highest_ore, source, valid)
VALUES ($1, $2, $3, $4, tstzrange($5, NULL))
RETURNING id, knob, highest_ore, source, isempty(valid) AS was_never_in_force,
          lower(valid) AS valid_from, upper(valid) AS valid_until
"""
_STANDING = """
SELECT id, knob, highest_ore, source, isempty(valid) AS was_never_in_force,
       lower(valid) AS valid_from, upper(valid) AS valid_until
  FROM policy_ceiling
 WHERE agency_id = $1 AND knob = $2 AND valid @> tstzrange($3, NULL)
"""
_LIST = """
SELECT id, knob, highest_ore, source, isempty(valid) AS was_never_in_force,
       lower(valid) AS valid_from, upper(valid) AS valid_until
  FROM policy_ceiling
 WHERE agency_id = $1
   AND id > $2
   AND ($3::text IS NULL OR knob = $3)
   AND ($4 OR valid @> $5::timestamptz)
 ORDER BY id
 LIMIT $6
"""


async def replace_ceiling(tx: Transaction, ceiling: Ceiling) -> CeilingRecord:
    """End the ceilings that would stand beside this one from its first moment on, and put it in their place.

    Raises ConflictError where a twin has just done so.
    """
    if ceiling.valid_from is not None:
        await tx.execute(_END, NATION, ceiling.knob, ceiling.valid_from)
    try:
        row = await tx.row(_INSERT, NATION, ceiling.knob, ceiling.highest_ore, ceiling.source, ceiling.valid_from)
    except asyncpg.ExclusionViolationError as violation:
        if violation.constraint_name != "one_ceiling_at_a_time":
            raise
        raise ConflictError("one_ceiling_at_a_time") from violation
    if row is None:
        raise LookupError("an INSERT of one row gives one row")
    return _record(row)


async def standing_ceiling(tx: Transaction, knob: str, since: datetime) -> CeilingRecord | None:
    """The ceiling that holds for the knob from that moment on, for good."""
    row = await tx.row(_STANDING, NATION, knob, since)
    return _record(row) if row else None


async def list_ceilings(tx: Transaction, wanted: ListCeilings, moment: datetime) -> list[CeilingRecord]:
    """In the order of their ids, those after `wanted.after`."""
    rows = await tx.rows(
        _LIST, NATION, wanted.after, wanted.knob, wanted.include_past_and_planned, moment, wanted.limit
    )
    return [_record(row) for row in rows]


def _record(row: Row) -> CeilingRecord:
    return CeilingRecord(
        id=row["id"],
        knob=row["knob"],
        highest_ore=row["highest_ore"],
        source=row["source"],
        was_never_in_force=row["was_never_in_force"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )
