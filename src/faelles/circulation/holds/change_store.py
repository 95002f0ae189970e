"""The SQL of changing holds: dates, pickup branch, place in the queue, and closing them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from faelles.circulation.desk.hold_states import BOUND, HoldState
from faelles.circulation.holds.model import ClosedWhy, Target
from faelles.circulation.holds.queue_rules import Ranked
from faelles.ground.database import Row, Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    HoldId,
    IssueId,
    ItemId,
    ItemNumber,
    MaterialGroupId,
    PatronId,
    RecordId,
)
from faelles.ground.jsonb import as_json

_HOLDS = """
SELECT h.id, h.target, h.record_id, h.issue_id, h.wanted_item_id, c.number AS wanted_number, h.wanted_group_id,
       h.transaction_id, h.division_id, h.pickup_branch_id, h.state, h.item_id, h.active_from, h.interest_until,
       h.rank, p.patron_id
  FROM hold AS h
  LEFT JOIN hold_patron AS p ON p.agency_id = h.agency_id AND p.hold_id = h.id
  LEFT JOIN copy AS c ON c.agency_id = h.agency_id AND c.item_id = h.wanted_item_id
 WHERE h.agency_id = $1 AND h.id = ANY ($2::bigint[])
 ORDER BY h.id
"""
_CLOSE = "SELECT hold_id FROM close_holds($1, $2, $3, $4, $5, NULL, $6, $7)"
_INTEREST_OVER = """
SELECT id FROM hold
 WHERE agency_id = $1 AND closed_at IS NULL AND interest_until < $2 AND state IN ('pending', 'matched')
 ORDER BY interest_until, id
 LIMIT $3
"""
_COLLECT = "SELECT collect_hold($1, $2, $3, $4, $5)"
_PUT_BACK = """
SELECT release_copy($1, $3, 'put_back', $5, $6)
  FROM hold
 WHERE agency_id = $1 AND id = $2 AND item_id = $3 AND state = ANY ($4::text[])
"""
_QUEUE = """
SELECT id, rank FROM hold
 WHERE agency_id = $1 AND record_id = $2 AND closed_at IS NULL AND state = ANY ($3::text[])
 ORDER BY rank
"""
_COMPETITORS = """
SELECT o.id, o.rank
  FROM hold AS h
  JOIN hold AS o ON o.agency_id = h.agency_id AND o.record_id = h.record_id
   AND compete(o.issue_id, o.wanted_item_id, h.issue_id, h.wanted_item_id)
 WHERE h.agency_id = $1 AND h.id = $2 AND o.closed_at IS NULL AND o.state = ANY ($3::text[])
 ORDER BY o.rank
"""
_SET_RANK = "UPDATE hold SET rank = $3 WHERE agency_id = $1 AND id = $2 AND closed_at IS NULL"
# Above all ranks there are, so that no two holds have one rank on the way; those of bound holds move along.
_SPREAD = """
UPDATE hold AS h
   SET rank = placed.rank
  FROM (SELECT id, (SELECT max(rank) FROM hold WHERE agency_id = $1 AND record_id = $2 AND closed_at IS NULL)
                   + $3 * row_number() OVER (ORDER BY rank) AS rank
          FROM hold
         WHERE agency_id = $1 AND record_id = $2 AND closed_at IS NULL) AS placed
 WHERE h.agency_id = $1 AND h.id = placed.id
"""
_NOTE_MOVE = """
WITH logged AS (
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, outcome, details)
    VALUES ($1, $5, $2, $3, 'moved', $4::text::jsonb || jsonb_build_object('reason', $8::text))
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) VALUES ($1, $2, $5)
)
INSERT INTO event (agency_id, at, actor, kind, hold_id, dimensions)
VALUES ($1, $5, $6, 'hold.moved', $3,
        $4::text::jsonb || jsonb_build_object('record', $2::bigint, 'branch', $7::integer))
"""
_CHANGE = """
WITH changed AS (
    UPDATE hold
       SET pickup_branch_id = $4, interest_until = $5, active_from = $6,
           state = CASE WHEN state = 'ready' AND pickup_branch_id <> $4 THEN 'captured' ELSE state END,
           ready_at = CASE WHEN pickup_branch_id = $4 THEN ready_at END,
           shelf_number = CASE WHEN pickup_branch_id = $4 THEN shelf_number END,
           pickup_deadline = CASE WHEN pickup_branch_id = $4 THEN pickup_deadline END
     WHERE agency_id = $1 AND id = $2 AND state = $3
    RETURNING id, record_id, item_id
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT $1, record_id, $7 FROM changed
), overridden AS (
    INSERT INTO hold_override (agency_id, hold_id, block, reason, actor, at)
    SELECT $1, id, block, $11, $12, $7 FROM changed CROSS JOIN unnest($10::text[]) AS block
)
INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
SELECT $1, $7, $8, 'hold.changed', id, item_id, $9::text::jsonb FROM changed
RETURNING hold_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHold:
    """A hold as changing sees it. `patron` None: another agency's request, or retention has let the patron go."""

    id: HoldId
    target: Target
    record: RecordId
    issue: IssueId | None
    wanted_item: ItemId | None
    wanted_number: ItemNumber | None
    wanted_group: MaterialGroupId | None
    transaction: HoldId
    division: DivisionId
    pickup: BranchId
    state: HoldState
    item: ItemId | None
    active_from: date | None
    interest_until: date
    rank: int
    patron: PatronId | None


async def find_holds(tx: Transaction, holds: Sequence[int]) -> list[KnownHold]:
    """Those of `holds` that there are, by id."""
    return [_known(row) for row in await tx.rows(_HOLDS, tx.agency, list(holds))]


def _known(row: Row) -> KnownHold:
    return KnownHold(
        id=row["id"],
        target=Target(row["target"]),
        record=row["record_id"],
        issue=row["issue_id"],
        wanted_item=row["wanted_item_id"],
        wanted_number=row["wanted_number"],
        wanted_group=row["wanted_group_id"],
        transaction=row["transaction_id"],
        division=row["division_id"],
        pickup=row["pickup_branch_id"],
        state=HoldState(row["state"]),
        item=row["item_id"],
        active_from=row["active_from"],
        interest_until=row["interest_until"],
        rank=row["rank"],
        patron=row["patron_id"],
    )


async def close(
    tx: Transaction, holds: Sequence[HoldId], state: HoldState, why: ClosedWhy, *, only_from: frozenset[HoldState]
) -> set[HoldId]:
    """Close those of `holds` that are in one of the states; which they were."""
    rows = await tx.rows(
        _CLOSE, tx.agency, list(holds), sorted(only_from), state.value, why.value, tx.now, tx.actor.told
    )
    return {row["hold_id"] for row in rows}


async def collect(tx: Transaction, item: ItemId, hold: HoldId | None) -> None:
    """A copy that holds were about has been lent: `hold` is collected, whoever else it was meant for waits again."""
    await tx.value(_COLLECT, tx.agency, item, hold, tx.now, tx.actor.told)


async def put_back(tx: Transaction, hold: KnownHold, item: ItemId) -> bool:
    """Let go of the copy that is bound to a hold; whether it still was."""
    return await tx.value(_PUT_BACK, tx.agency, hold.id, item, sorted(BOUND), tx.now, tx.actor.told) is not None


async def interest_over(tx: Transaction, day: date, most: int) -> list[HoldId]:
    """Holds that still wait though their last day is before `day`."""
    return [row["id"] for row in await tx.rows(_INTEREST_OVER, tx.agency, day, most)]


async def queue_of(tx: Transaction, record: RecordId, states: frozenset[HoldState]) -> list[Ranked]:
    """The open holds of a title that are in one of the states, in order."""
    rows = await tx.rows(_QUEUE, tx.agency, record, sorted(states))
    return [Ranked(row["id"], row["rank"]) for row in rows]


async def competitors(tx: Transaction, hold: HoldId, states: frozenset[HoldState]) -> list[Ranked]:
    """The open holds that could be given the same copies as `hold`, itself among them, in order."""
    rows = await tx.rows(_COMPETITORS, tx.agency, hold, sorted(states))
    return [Ranked(row["id"], row["rank"]) for row in rows]


async def set_rank(tx: Transaction, hold: HoldId, rank: int) -> None:
    await tx.execute(_SET_RANK, tx.agency, hold, rank)


async def spread(tx: Transaction, record: RecordId, step: int) -> None:
    """Put the holds of a title far apart again, in the same order."""
    await tx.execute(_SPREAD, tx.agency, record, step)


async def note_move(tx: Transaction, hold: KnownHold, positions: tuple[int, int], reason: str) -> None:
    """Keep on record where a hold stood and stands; positions count from 1."""
    details: dict[str, Dimension] = {"from": positions[0], "to": positions[1]}
    await tx.execute(
        _NOTE_MOVE, tx.agency, hold.record, hold.id, as_json(details), tx.now, tx.actor.told, hold.pickup, reason
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A hold as it is to be."""

    pickup: BranchId
    interest_until: date
    active_from: date | None
    overridden: Sequence[str] = ()
    reason: str | None = None


async def change(tx: Transaction, hold: KnownHold, new: Change) -> bool:
    """Change a hold that is still in the state it was found in; whether it was."""
    dimensions: dict[str, Dimension] = {
        "branch": new.pickup,
        "was_branch": hold.pickup,
        "record": hold.record,
        "interest_until": str(new.interest_until),
        "active_from": str(new.active_from) if new.active_from else None,
    }
    changed = await tx.value(
        _CHANGE,
        tx.agency,
        hold.id,
        hold.state.value,
        new.pickup,
        new.interest_until,
        new.active_from,
        tx.now,
        tx.actor.told,
        as_json(dimensions),
        list(new.overridden),
        new.reason,
        str(tx.actor),
    )
    return changed is not None
