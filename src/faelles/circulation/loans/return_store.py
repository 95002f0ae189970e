"""The SQL of writing a return: one statement, and a longer one where holds, shelves or float groups are concerned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from faelles.circulation.loans.facts import ItemState
from faelles.circulation.loans.next_stops import Course
from faelles.circulation.loans.store import Repeatable, as_json
from faelles.circulation.transit.model import Stop
from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import BranchId, HoldId, ItemId, LoanId, PatronId, RecordId


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A return to write. `loan` None: the item was not on loan."""

    item: ItemId
    record: RecordId
    loan: LoanId | None
    borrower: PatronId | None
    branch: BranchId
    returned_at: datetime
    returned_on: date
    state: ItemState
    journey_ended_how: str
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
), arrived AS (
    UPDATE journey SET ended_at = $9, ended_how = $10
     WHERE agency_id = $1 AND item_id = $2 AND ended_at IS NULL
    RETURNING id
), sent AS (
    -- Counting the ended journey makes it end before the next one starts: an item is on one journey at a time.
    INSERT INTO journey (agency_id, item_id, from_branch_id, to_branch_id, reason, sent_at)
    SELECT $1, $2, $4, $11, $22, $9
     WHERE $11::integer IS NOT NULL AND (SELECT count(*) FROM arrived) >= 0
), overridden AS (
    INSERT INTO loan_override (agency_id, loan_id, item_id, block, reason, actor, at)
    SELECT $1, $3, $2, block, $21, $12, $9 FROM unnest($20::text[]) AS block
), happened AS (
    INSERT INTO event (agency_id, at, actor, kind, loan_id, item_id, dimensions)
    VALUES ($1, $9, $12, $13, $3, $2, $14::text::jsonb)
), seen AS (
    INSERT INTO access_log (agency_id, at, actor, person_id, operation)
    SELECT $1, $9, $12, $15, 'return' WHERE $15::bigint IS NOT NULL
)"""
_KEEP = """INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT $1, $12, $16, $17, $18, $19::text::jsonb, $9
 WHERE $17::text IS NOT NULL
"""
_WRITE_PLAIN = f"{_CHANGES} {_KEEP}"
# What stood on a hold shelf leaves it before it is given another place there: counting makes it the first step.
_WRITE_WITH_HOLDS = f"""{_CHANGES}, kept AS ({_KEEP}), emptied AS (
    UPDATE shelf_place SET emptied_at = $9
     WHERE agency_id = $1 AND item_id = $2 AND emptied_at IS NULL AND NOT $23::boolean
    RETURNING id
), found AS (
    UPDATE missed_item SET settled_at = $9, settled_how = 'seen'
     WHERE agency_id = $1 AND item_id = $2 AND settled_at IS NULL
), floated AS (
    INSERT INTO floating_copy AS f (agency_id, item_id, subject_id, branch_id)
    SELECT $1, $2, $24, $25 WHERE $24::integer IS NOT NULL
    ON CONFLICT (agency_id, item_id) DO UPDATE SET subject_id = excluded.subject_id, branch_id = excluded.branch_id
     WHERE (f.subject_id, f.branch_id) IS DISTINCT FROM (excluded.subject_id, excluded.branch_id)
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT $1, $26, $9 WHERE $27::boolean
)
SELECT CASE WHEN $28::text IS NOT NULL THEN release_copy($1, $2, $28, $9, $29) IS NOT NULL
            WHEN $30::bigint IS NOT NULL
            THEN serve_hold($1, $30, $2, $31, $32::text::jsonb, $33, $4, $34, $35, $9, $29) END
  FROM (SELECT count(*) FROM emptied) AS after
"""
_NAME = """
SELECT b.patron_id, b.name
  FROM hold_patron AS p
  JOIN borrower AS b ON b.agency_id = p.agency_id AND b.patron_id = p.patron_id
 WHERE p.agency_id = $1 AND p.hold_id = $2 AND NOT b.address_protected
"""


async def write_return(tx: Transaction, back: TakenBack, repeat: Repeatable) -> None:
    """Close the loan, move the copy, start or end its journey, and do for its holds what was decided."""
    values = _values(tx, back, repeat)
    if back.course.is_plain:
        await tx.execute(_WRITE_PLAIN, *values)
    else:
        await tx.execute(_WRITE_WITH_HOLDS, *values, *_more_values(tx, back))


def _values(tx: Transaction, back: TakenBack, repeat: Repeatable) -> tuple[object, ...]:
    stop = back.course.decision.next
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
        back.journey_ended_how,
        stop.branch,
        str(tx.actor),
        back.event,
        as_json(back.dimensions),
        back.borrower,
        repeat.operation,
        repeat.key,
        repeat.fingerprint,
        back.answer.decode(),
        list(back.overridden),
        back.reason,
        stop.reason.value if stop.reason is not None else None,
    )


def _more_values(tx: Transaction, back: TakenBack) -> tuple[object, ...]:
    course = back.course
    stop, decision = course.decision.next, course.decision
    stays_ready = stop.stop is Stop.HOLD_SHELF and course.hold_state is None and stop.shelf_number is not None
    return (
        stays_ready,
        course.float_subject,
        decision.place,
        back.record,
        course.is_news,
        stop.alert.value if decision.releases is not None and stop.alert is not None else None,
        tx.actor.told,
        course.hold,
        decision.binds,
        as_json(course.passed),
        course.hold_state.value if course.hold_state is not None else None,
        stop.shelf_number if decision.makes_ready else None,
        stop.pickup_deadline if decision.makes_ready else None,
    )


async def name_for_slip(tx: Transaction, hold: HoldId) -> tuple[PatronId, str] | None:
    """Whose hold it is, for a library that prints it; None where nobody must know."""
    row = await tx.row(_NAME, tx.agency, hold)
    return (row["patron_id"], row["name"]) if row else None
