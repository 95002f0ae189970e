"""SQL of who follows the person register, and how far it was read."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import DivisionId, PatronId
from faelles.ground.jsonb import as_json
from faelles.patrons.registers.model import NameKept, Record, RegisterReport

_NOTE = """
INSERT INTO register_record (agency_id, patron_id, name_said, asked_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (agency_id, patron_id) DO UPDATE
   SET name_said = $3, asked_at = $4, wanted_since = NULL, claimed_by = NULL, claimed_until = NULL
"""

# Whom nobody told of for long is asked about once more, some each night: a change may have been missed.
_WANT_OLD = """
UPDATE register_record SET wanted_since = $2
 WHERE agency_id = $1 AND wanted_since IS NULL
   AND patron_id IN (SELECT patron_id FROM register_record
                      WHERE agency_id = $1 AND asked_at < $3 ORDER BY asked_at LIMIT $4)
"""
_FOLLOWED = "SELECT EXISTS (SELECT FROM register_record WHERE agency_id = $1)"
_BEGIN = """
INSERT INTO register_reading (agency_id, day, due_since) VALUES ($1, $2, $3)
    ON CONFLICT (agency_id) DO UPDATE
   SET day = $2, due_since = $3, ended_at = NULL, try_after = NULL, failure = NULL, counts = '{}'
"""
_DUE = """
SELECT reached FROM register_reading
 WHERE agency_id = $1 AND due_since IS NOT NULL AND (try_after IS NULL OR try_after <= $2)
"""
# Whoever asks about one of them just now asked too soon.
_WANT = """
UPDATE register_record AS r SET wanted_since = $3, claimed_by = NULL, claimed_until = NULL
  FROM patron_identifier AS i
 WHERE r.agency_id = $1 AND i.agency_id = $1 AND i.patron_id = r.patron_id AND i.lookup = ANY ($2::text[])
   AND i.ended_at IS NULL
"""
_REACHED = "SELECT reached FROM register_reading WHERE agency_id = $1"
_REACH = "UPDATE register_reading SET reached = $2 WHERE agency_id = $1"
_RECORDS = """
SELECT r.patron_id, r.name_said,
       (SELECT i.sealed FROM patron_identifier AS i
         WHERE i.agency_id = $1 AND i.patron_id = r.patron_id AND i.kind = 'cpr' AND i.ended_at IS NULL
         ORDER BY i.id DESC LIMIT 1) AS sealed
  FROM register_record AS r
"""
_CLAIM = f"""
WITH mine AS (
    UPDATE register_record SET claimed_by = $2, claimed_until = $3
     WHERE agency_id = $1
       AND patron_id IN (SELECT patron_id FROM register_record
                          WHERE agency_id = $1 AND wanted_since IS NOT NULL
                            AND (claimed_until IS NULL OR claimed_until < $4)
                          ORDER BY patron_id LIMIT $5 FOR UPDATE SKIP LOCKED)
    RETURNING patron_id
)
{_RECORDS} WHERE r.agency_id = $1 AND r.patron_id IN (SELECT patron_id FROM mine) ORDER BY r.patron_id
"""
_WANTED_OR_TOLD = f"""
{_RECORDS}
 WHERE r.agency_id = $1
   AND (r.wanted_since IS NOT NULL
        OR EXISTS (SELECT FROM patron_identifier AS i
                    WHERE i.agency_id = $1 AND i.patron_id = r.patron_id AND i.ended_at IS NULL
                      AND i.lookup = ANY ($2::text[])))
 ORDER BY r.patron_id
"""
_MINE = """
SELECT name_said FROM register_record WHERE agency_id = $1 AND patron_id = $2 AND claimed_by = $3 FOR NO KEY UPDATE
"""
_SETTLE = """
UPDATE register_record
   SET name_said = COALESCE($3, name_said), asked_at = $4, wanted_since = NULL, claimed_by = NULL, claimed_until = NULL
 WHERE agency_id = $1 AND patron_id = $2
"""
_LET_GO = """
UPDATE register_record SET claimed_by = NULL, claimed_until = NULL WHERE agency_id = $1 AND claimed_by = $2
"""
_COUNT = """
UPDATE register_reading
   SET counts = counts || (SELECT jsonb_object_agg(n.key, n.value::bigint + COALESCE((counts ->> n.key)::bigint, 0))
                             FROM jsonb_each_text($2::text::jsonb) AS n)
 WHERE agency_id = $1
"""
_FAIL = "UPDATE register_reading SET failure = $2, try_after = $3 WHERE agency_id = $1"
_END = """
UPDATE register_reading SET due_since = NULL, failure = NULL, try_after = NULL, ended_at = $2
 WHERE agency_id = $1
   AND NOT EXISTS (SELECT FROM register_record WHERE agency_id = $1 AND wanted_since IS NOT NULL)
"""
_REPORT = """
SELECT (SELECT count(*) FROM register_record WHERE agency_id = $1 AND wanted_since IS NOT NULL) AS waiting,
       g.day, g.ended_at IS NOT NULL AS is_done, g.failure, g.try_after, g.counts::text AS counts
  FROM (SELECT $1::integer AS agency_id) AS a
  LEFT JOIN register_reading AS g ON g.agency_id = a.agency_id
"""
_NAMES_KEPT = """
SELECT r.patron_id AS patron, p.name, r.name_said
  FROM register_record AS r
  JOIN patron AS p ON p.agency_id = r.agency_id AND p.id = r.patron_id AND p.merged_into_id IS NULL
 WHERE r.agency_id = $1 AND r.patron_id > $2 AND p.name <> r.name_said
   AND ($3::integer[] IS NULL
        OR EXISTS (SELECT FROM patron_division AS d
                    WHERE d.agency_id = $1 AND d.patron_id = p.id AND d.division_id = ANY ($3)))
 ORDER BY r.patron_id
 LIMIT $4
"""


async def note(tx: Transaction, patron: PatronId, name: str) -> None:
    """The register was asked about the patron just now, and has this name; from now on the patron follows it."""
    await tx.execute(_NOTE, tx.agency, patron, name, tx.now)


async def begin(tx: Transaction, day: date, *, asked_before: datetime, at_most: int) -> int:
    """Let the updates of a night begin, where anybody follows the register; how many are asked about for their age."""
    if not await tx.value(_FOLLOWED, tx.agency):
        return 0
    old = await tx.execute(_WANT_OLD, tx.agency, tx.now, asked_before, at_most)
    await tx.execute(_BEGIN, tx.agency, day, tx.now)
    return old


async def is_due(tx: Transaction) -> bool:
    return await tx.row(_DUE, tx.agency, tx.now) is not None


async def reached(tx: Transaction) -> str | None:
    found: str | None = await tx.value(_REACHED, tx.agency)
    return found


async def want(tx: Transaction, lookups: Sequence[str], place: str | None) -> int:
    """Somebody told of these numbers, up to `place`; how many of them are patrons who follow the register."""
    await tx.execute(_REACH, tx.agency, place)
    return await tx.execute(_WANT, tx.agency, list(lookups), tx.now)


async def claim(tx: Transaction, holder: str, lease: timedelta, at_most: int) -> list[Record]:
    """Some of those to be asked about, whom nobody else asks about now."""
    rows = await tx.rows(_CLAIM, tx.agency, holder, tx.now + lease, tx.now, at_most)
    return [Record(patron=row["patron_id"], name_said=row["name_said"], sealed=row["sealed"]) for row in rows]


async def wanted_or_told(tx: Transaction, lookups: Sequence[str]) -> list[Record]:
    rows = await tx.rows(_WANTED_OR_TOLD, tx.agency, list(lookups))
    return [Record(patron=row["patron_id"], name_said=row["name_said"], sealed=row["sealed"]) for row in rows]


async def still_mine(tx: Transaction, patron: PatronId, holder: str) -> str | None:
    """The name that the register said before, if nobody else asked meanwhile."""
    found: str | None = await tx.value(_MINE, tx.agency, patron, holder)
    return found


async def settle(tx: Transaction, patron: PatronId, name: str | None) -> None:
    await tx.execute(_SETTLE, tx.agency, patron, name, tx.now)


async def let_go(tx: Transaction, holder: str) -> None:
    await tx.execute(_LET_GO, tx.agency, holder)


async def count(tx: Transaction, more: Mapping[str, int]) -> None:
    await tx.execute(_COUNT, tx.agency, as_json(dict(more)))


async def fail(tx: Transaction, code: str, pause: timedelta) -> None:
    await tx.execute(_FAIL, tx.agency, code, tx.now + pause)


async def end(tx: Transaction) -> None:
    """Nothing is left to be asked."""
    await tx.execute(_END, tx.agency, tx.now)


async def report(tx: Transaction) -> RegisterReport:
    row = await tx.row(_REPORT, tx.agency)
    if row is None:
        return RegisterReport(day=None, is_done=True, waiting=0, failure=None, try_after=None, counts={})
    return RegisterReport(
        day=row["day"],
        is_done=bool(row["is_done"]) or row["day"] is None,
        waiting=row["waiting"],
        failure=row["failure"],
        try_after=row["try_after"],
        counts=msgspec.json.decode(row["counts"] or "{}", type=dict[str, int]),
    )


async def names_kept(tx: Transaction, divisions: list[DivisionId] | None, *, after: int, limit: int) -> list[NameKept]:
    rows = await tx.rows(_NAMES_KEPT, tx.agency, after, divisions, limit)
    return [NameKept(**dict(row)) for row in rows]
