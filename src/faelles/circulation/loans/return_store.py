"""The SQL of writing a return: one statement, a longer one where holds, shelves or float groups are concerned, and what
few returns have by statements of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from faelles.circulation.desk.facts import ItemState
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.loans.next_stops import Course
from faelles.circulation.transit.model import Stop
from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import BranchId, HoldId, ItemId, LoanId, PatronId, RecordId
from faelles.ground.jsonb import as_json


class TakenBack(msgspec.Struct, frozen=True, kw_only=True):
    """A return to write. `loan` None: the item was not on loan."""

    item: ItemId
    record: RecordId
    loan: LoanId | None
    borrower: PatronId | None
    branch: BranchId
    returned_at: datetime
    returned_on: date
    state: ItemState
    journey_ended_how: str | None
    """None: it is on none, or on one that goes on."""
    sent_to: BranchId | None
    course: Course
    overridden: Sequence[str]
    reason: str | None
    event: str
    dimensions: Mapping[str, Dimension]
    answer: bytes


_CHANGES = """
WITH closed AS (
    UPDATE loan
       SET closed_at = $5, closed_on = $6, closed_how = 'returned', closed_branch_id = $4
     WHERE agency_id = $1 AND id = $3 AND closed_at IS NULL
), moved AS (
    UPDATE item_circulation
       SET state = $7, active_placement_id = $8, seen_branch_id = $4, seen_at = $9
     WHERE agency_id = $1 AND item_id = $2
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
    VALUES ($1, $9, $10, $11, $3, $2, $12::text::jsonb)
), seen AS (
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    SELECT $1, $9, $10, $13, 'return' WHERE $13::bigint IS NOT NULL
)"""
_KEEP = """INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT $1, $10, $14, $15, $16, $17::text::jsonb, $9
 WHERE $15::text IS NOT NULL
"""
_WRITE_PLAIN = f"{_CHANGES} {_KEEP}"
# What few returns have, by statements of their own: each step of a statement costs, even where it finds nothing to do.
_END_JOURNEY = """
UPDATE journey SET ended_at = $3, ended_how = $4 WHERE agency_id = $1 AND item_id = $2 AND ended_at IS NULL
"""
_SEND = """
INSERT INTO journey (agency_id, item_id, from_branch_id, to_branch_id, reason, sent_at) VALUES ($1, $2, $3, $4, $5, $6)
"""
_WRITE_OVERRIDES = """
INSERT INTO loan_override (agency_id, loan_id, item_id, block, reason, actor, at)
SELECT $1, $2, $3, block, $5, $6, $7 FROM unnest($4::text[]) AS block
"""
_BIND = """
       SET state = $19::text, item_id = $2, captured_at = COALESCE(h.captured_at, $9), claimed_by = NULL,
           claimed_until = NULL, ready_at = CASE WHEN $19 = 'ready' THEN $9::timestamptz END, shelf_number = $20::text,
           pickup_deadline = $21::date
"""
# was: what the hold was before; its steps are told in order.
_TELL = """
    INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, dimensions)
    SELECT $1, $9, $23, 'hold.' || step.kind, s.id, $2,
           jsonb_build_object('branch', $4::integer, 'record', s.record_id, 'division', s.division_id) || step.more
      FROM served AS s
     CROSS JOIN LATERAL (VALUES
               (1, 'captured', $22::boolean, jsonb_build_object('passed', jsonb_array_length($24::text::jsonb))),
               (2, 'sent', $19 = 'in_transit' AND ($26::boolean OR s.was <> 'in_transit'),
                   jsonb_build_object('to_branch', s.pickup_branch_id)),
               (3, 'arrived', s.was = 'in_transit' AND $19 <> 'in_transit', '{}'::jsonb),
               (4, 'ready', $19 = 'ready', jsonb_build_object('shelf_number', $20::text, 'deadline', $21::date))
           ) AS step (place, kind, is_so, more)
     WHERE step.is_so
     ORDER BY step.place
"""
_LOG = """
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
    SELECT $1::integer, $9::timestamptz, $25::bigint, id, $2::bigint, 'captured',
           jsonb_build_object('passed', $24::text::jsonb)
      FROM served
     WHERE $22
"""
# A capture that concerns one hold alone, as most do.
_WRITE_CAPTURE = f"""{_CHANGES}, kept AS ({_KEEP}), served AS (
    UPDATE hold AS h {_BIND}
     WHERE h.agency_id = $1 AND h.id = $18 AND h.state IN ('pending', 'matched') AND NOT h.is_parallel
       AND (h.item_id IS NULL OR h.item_id = $2)
    RETURNING h.id, h.record_id, h.division_id, h.pickup_branch_id, 'pending' AS was
), told AS ({_TELL}), logged AS ({_LOG}), shelved AS (
    INSERT INTO shelf_place (agency_id, branch_id, number, item_id, hold_id, put_there_at)
    SELECT $1, $4, $20::text::integer, $2, id, $9 FROM served WHERE $19 = 'ready'
)
SELECT WHERE done_again_unless((SELECT count(*) FROM served) = 1)
"""
# Where one step must see what another did, counting its rows makes it the earlier one: a copy is planned or bound for
# one hold at a time, and has one place on one shelf. locked: before any hold is changed; prior: what the hold was.
_WRITE_WITH_HOLDS = f"""{_CHANGES}, kept AS ({_KEEP}), locked AS MATERIALIZED (
    SELECT lock_holds_with($1, ARRAY[$18::bigint], $2) WHERE $22::boolean
), unplanned AS (
    UPDATE hold SET state = 'pending', item_id = NULL, claimed_by = NULL, claimed_until = NULL
     WHERE agency_id = $1 AND item_id = $2 AND closed_at IS NULL AND state = 'matched' AND id <> $18
       AND (SELECT count(*) FROM locked) >= 0
    RETURNING id
), prior AS (
    SELECT id, state, item_id, is_parallel FROM hold WHERE agency_id = $1 AND id = $18
), served AS (
    UPDATE hold AS h {_BIND}
      FROM prior AS was, (SELECT count(*) FROM unplanned) AS earlier
     WHERE h.agency_id = $1 AND h.id = $18
       AND h.state = ANY (CASE WHEN $22::boolean THEN ARRAY['pending', 'matched']
                               ELSE ARRAY['captured', 'in_transit', 'ready'] END)
    RETURNING h.id, h.record_id, h.division_id, h.pickup_branch_id, was.state AS was, was.item_id AS was_planned,
              was.is_parallel
), told AS ({_TELL}), logged AS ({_LOG}
    UNION ALL
    SELECT $1, $9, $25, id, NULL::bigint, 'released', '{{"why": "captured_for_other"}}'::jsonb FROM unplanned
), emptied AS (
    UPDATE shelf_place SET emptied_at = $9
     WHERE agency_id = $1 AND item_id = $2 AND emptied_at IS NULL AND NOT $27::boolean
    RETURNING id
), shelved AS (
    INSERT INTO shelf_place (agency_id, branch_id, number, item_id, hold_id, put_there_at)
    SELECT $1, $4, $20::text::integer, $2, s.id, $9
      FROM served AS s, (SELECT count(*) FROM emptied) AS earlier
     WHERE $19 = 'ready'
), found AS (
    UPDATE missed_item SET settled_at = $9, settled_how = 'seen'
     WHERE agency_id = $1 AND item_id = $2 AND settled_at IS NULL
), floated AS (
    INSERT INTO floating_copy AS f (agency_id, item_id, subject_id, branch_id)
    SELECT $1, $2, $28, $29 WHERE $28::integer IS NOT NULL
    ON CONFLICT (agency_id, item_id) DO UPDATE SET subject_id = excluded.subject_id, branch_id = excluded.branch_id
     WHERE (f.subject_id, f.branch_id) IS DISTINCT FROM (excluded.subject_id, excluded.branch_id)
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at)
    SELECT $1, $25, $9
     WHERE $30::boolean
        OR EXISTS (SELECT FROM unplanned)
        OR EXISTS (SELECT FROM served WHERE $22 AND was_planned IS DISTINCT FROM $2 AND was_planned IS NOT NULL)
)
SELECT WHERE done_again_unless(((SELECT count(*) FROM served) = 1) = ($18::bigint IS NOT NULL))
          OR (SELECT close_parallel_holds($1, ARRAY[id], $9, $23) FROM served WHERE $22 AND is_parallel) < 0
"""
_RELEASE = "SELECT release_copy($1, $2, $3, $4, $5)"
_FREE_NUMBER = "SELECT free_shelf_number($1, $2)"
_NAME = """
SELECT b.patron_id, b.name
  FROM hold_patron AS p
  JOIN borrower AS b ON b.agency_id = p.agency_id AND b.patron_id = p.patron_id
 WHERE p.agency_id = $1 AND p.hold_id = $2 AND NOT b.address_protected
"""


async def write_return(tx: Transaction, back: TakenBack, repeat: Repeatable) -> None:
    """Close the loan, move the copy, start or end its journey, and do for its holds what was decided.

    All of it goes with the commit, but where a copy no hold can have is released. Where the hold is not what was read,
    all of it is done again.
    """
    await _write_way(tx, back)
    values = _values(tx, back, repeat)
    if back.course.is_plain:
        await tx.write(_WRITE_PLAIN, *values)
        return
    values += _values_of_hold(tx, back)
    if back.course.captures_alone:
        await tx.write(_WRITE_CAPTURE, *values)
        return
    await tx.write(_WRITE_WITH_HOLDS, *values, *_more_values(back))
    alert = back.course.decision.next.alert
    if back.course.decision.releases is not None and alert is not None:
        await tx.value(_RELEASE, tx.agency, back.item, alert.value, tx.now, tx.actor.told)


async def _write_way(tx: Transaction, back: TakenBack) -> None:
    """What few returns have: a journey that ends, another that begins then, what was overridden."""
    if back.journey_ended_how is not None:
        await tx.write(_END_JOURNEY, tx.agency, back.item, tx.now, back.journey_ended_how)
    reason = back.course.decision.next.reason
    if back.sent_to is not None:
        why = reason.value if reason is not None else None
        await tx.write(_SEND, tx.agency, back.item, back.branch, back.sent_to, why, tx.now)
    if back.overridden:
        overridden = list(back.overridden)
        await tx.write(
            _WRITE_OVERRIDES, tx.agency, back.loan, back.item, overridden, back.reason, str(tx.actor), tx.now
        )


def _values(tx: Transaction, back: TakenBack, repeat: Repeatable) -> tuple[object, ...]:
    return (
        tx.agency,
        back.item,
        back.loan,
        back.branch,
        back.returned_at,
        back.returned_on,
        back.state.value,
        back.course.placement,
        tx.now,
        str(tx.actor),
        back.event,
        as_json(back.dimensions),
        back.borrower,
        repeat.operation,
        repeat.key,
        repeat.fingerprint,
        back.answer.decode(),
    )


def _values_of_hold(tx: Transaction, back: TakenBack) -> tuple[object, ...]:
    course, stop = back.course, back.course.decision.next
    is_ready = course.hold_state is HoldState.READY
    return (
        course.hold,
        course.hold_state.value if course.hold_state is not None else None,
        stop.shelf_number if is_ready else None,
        stop.pickup_deadline if is_ready else None,
        course.decision.binds,
        tx.actor.told,
        as_json(course.passed),
        back.record,
        back.sent_to is not None,
    )


def _more_values(back: TakenBack) -> tuple[object, ...]:
    course, stop = back.course, back.course.decision.next
    stays_ready = stop.stop is Stop.HOLD_SHELF and course.hold_state is None and stop.shelf_number is not None
    return (stays_ready, course.float_subject, course.decision.place, course.is_news)


async def free_shelf_number(tx: Transaction, branch: BranchId) -> int:
    """The lowest free number of the branch's hold shelf, the caller's until the commit."""
    number: int = await tx.value(_FREE_NUMBER, tx.agency, branch)
    return number


async def name_for_slip(tx: Transaction, hold: HoldId) -> tuple[PatronId, str] | None:
    """Whose hold it is, for a library that prints it; None where nobody must know."""
    row = await tx.row(_NAME, tx.agency, hold)
    return (row["patron_id"], row["name"]) if row else None
