"""The SQL of writing a return: one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from faelles.circulation.loans.facts import ItemState
from faelles.circulation.loans.store import Repeatable, as_json
from faelles.ground.database import Transaction
from faelles.ground.events import Dimension
from faelles.ground.ids import BranchId, ItemId, LoanId, PatronId, PlacementId


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """A return to write. `loan` None: the item was not on loan. `bound_for` None: it stays where it is."""

    item: ItemId
    loan: LoanId | None
    borrower: PatronId | None
    branch: BranchId
    returned_at: datetime
    returned_on: date
    state: ItemState
    placement: PlacementId | None
    journey_ended_how: str
    bound_for: BranchId | None
    overridden: Sequence[str]
    reason: str | None
    event: str
    dimensions: Mapping[str, Dimension]
    answer: bytes


_WRITE_RETURN = """
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
    SELECT $1, $2, $4, $11, 'going_home', $9
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
)
INSERT INTO idempotency (agency_id, client, operation, key, fingerprint, answer, answered_at)
SELECT $1, $12, $16, $17, $18, $19::text::jsonb, $9
 WHERE $17::text IS NOT NULL
"""


async def write_return(tx: Transaction, back: TakenBack, repeat: Repeatable) -> None:
    """Close the loan, move the copy, and start or end its journey."""
    await tx.execute(
        _WRITE_RETURN,
        tx.agency,
        back.item,
        back.loan,
        back.branch,
        back.returned_at,
        back.returned_on,
        back.state.value,
        back.placement,
        tx.now,
        back.journey_ended_how,
        back.bound_for,
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
    )
