"""The SQL of placing: one call loads and locks everything, one statement writes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import asyncpg
import msgspec

from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.desk.scans import Scanned
from faelles.circulation.holds.facts import PlacingFacts
from faelles.circulation.holds.model import Target, Wish
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.events import Dimension
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    HoldId,
    IssueId,
    ItemId,
    MaterialGroupId,
    PatronGroupId,
    PatronId,
    RecordId,
)
from faelles.ground.jsonb import as_json

_LATELY = timedelta(days=2)
"""Holds placed since then are read though they are over: some of them are of today, in whatever zone."""

_LOAD_PLACING = "SELECT load_placing($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"

_placing_facts = msgspec.json.Decoder(PlacingFacts)


async def load_placing(tx: Transaction, who: Scanned, wishes: Sequence[Wish], repeat: Repeatable) -> PlacingFacts:
    """Lock the patron and the queues of all titles wished for, and read what placing depends on."""
    found: str = await tx.value(
        _LOAD_PLACING,
        tx.agency,
        who.keys,
        who.patron,
        [wish.record for wish in wishes if wish.record is not None],
        [wish.issue for wish in wishes if wish.issue is not None],
        [wish.item for wish in wishes if wish.item is not None],
        (tx.now - _LATELY).date(),
        str(tx.actor),
        repeat.operation,
        repeat.key,
    )
    return _placing_facts.decode(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    """A hold to write. Field names are those of the statement below."""

    id: HoldId
    target: Target
    record: RecordId
    issue: IssueId | None
    wanted_item: ItemId | None
    wanted_group: MaterialGroupId | None
    is_parallel: bool
    division: DivisionId
    patron_group: PatronGroupId | None
    material_group: MaterialGroupId | None
    pickup: BranchId
    placed_on: date
    placed_by: str
    active_from: date | None
    interest_until: date
    rank: int
    nth: int
    overridden: Sequence[str]
    dimensions: Mapping[str, Dimension]


_WRITE_HOLDS = """
WITH wished AS (
    SELECT *
      FROM jsonb_to_recordset($2::text::jsonb) AS w (
          id bigint, target text, record bigint, issue bigint, wanted_item bigint, wanted_group integer,
          is_parallel boolean, division integer, patron_group integer, material_group integer, pickup integer,
          placed_on date, placed_by text, active_from date, interest_until date, rank bigint, nth integer,
          overridden jsonb, dimensions jsonb)
), placed AS (
    INSERT INTO hold (agency_id, id, target, record_id, issue_id, wanted_item_id, wanted_group_id, transaction_id,
                      is_parallel, division_id, patron_group_id, material_group_id, pickup_branch_id, placed_at,
                      placed_on, placed_by, placed_by_client, active_from, interest_until, rank)
    SELECT $1, id, target, record, issue, wanted_item, wanted_group, min(id) OVER (), is_parallel, division,
           patron_group, material_group, pickup, $4, placed_on, placed_by,
           CASE placed_by WHEN 'client' THEN split_part($6, ':', 2)::integer END, active_from, interest_until, rank
      FROM wished
), linked AS (
    INSERT INTO hold_patron (agency_id, hold_id, patron_id, record_id, issue_id, nth)
    SELECT $1, id, $3, record, issue, nth FROM wished
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT DISTINCT $1::integer, record, $4 FROM wished
), overridden AS (
    INSERT INTO hold_override (agency_id, hold_id, block, reason, actor, at)
    SELECT $1, id, block, $5, $6, $4 FROM wished CROSS JOIN jsonb_array_elements_text(overridden) AS o (block)
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
    SELECT $1, $4, $7, 'hold.placed', id, wanted_item, dimensions FROM wished ORDER BY id
), seen AS (
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    SELECT $1, $4, $6, $3, 'place_hold' WHERE $12
)
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT $1, $6, $8, $9, $10, $11::text::jsonb, $4
 WHERE $9::text IS NOT NULL
"""


@contextmanager
def conflicts_told() -> Iterator[None]:
    """What a constraint says no to, as an error of ours."""
    try:
        yield
    except asyncpg.UniqueViolationError as problem:
        if problem.constraint_name != "hold_placed_already":
            raise
        raise ConflictError("hold_placed_meanwhile") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placings:
    """Holds of one patron to write together. `answer` is kept for the request's key, as JSON."""

    patron: PatronId
    holds: Sequence[NewHold]
    reason: str | None
    answer: bytes
    is_looked_at: bool
    """Whether somebody else than the patron places them."""


async def write_holds(tx: Transaction, placings: Placings, repeat: Repeatable) -> None:
    """Write holds with all that hangs on them, and mark their titles. Raises ConflictError for the same wish twice."""
    with conflicts_told():
        await tx.execute(
            _WRITE_HOLDS,
            tx.agency,
            as_json(placings.holds),
            placings.patron,
            tx.now,
            placings.reason,
            str(tx.actor),
            tx.actor.told,
            repeat.operation,
            repeat.key,
            repeat.fingerprint,
            placings.answer.decode(),
            placings.is_looked_at,
        )


_WRITE_REFUSAL = """
WITH happened AS (
    INSERT INTO event (agency_id, at, actor, kind, dimensions)
    VALUES ($1, $2, $3, 'hold.refused', $5::text::jsonb)
)
INSERT INTO access_log (agency_id, at, actor, person_id, operation)
SELECT $1, $2, $6, $4, 'place_hold' WHERE $7
"""


async def write_refusal(
    tx: Transaction, patron: PatronId | None, dimensions: Mapping[str, Dimension], *, is_looked_at: bool
) -> None:
    """Note that holds were refused, and whose record was read for it."""
    await tx.execute(
        _WRITE_REFUSAL,
        tx.agency,
        tx.now,
        tx.actor.told,
        patron,
        as_json(dimensions),
        str(tx.actor),
        is_looked_at and patron is not None,
    )


_MARK_TITLES = """
INSERT INTO dirty_title (agency_id, record_id, marked_at)
SELECT $1, record_id, $3 FROM unnest($2::bigint[]) AS changed (record_id)
"""


async def mark_titles(tx: Transaction, records: Sequence[RecordId]) -> None:
    """Have titles matched anew: what they supply or what is asked of them changed in this transaction."""
    await tx.execute(_MARK_TITLES, tx.agency, list(records), tx.now)
