"""The SQL of losses and corrections: a loan or a copy that is moved by itself."""

from collections.abc import Sequence
from datetime import date, datetime

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import ItemState
from faelles.circulation.loans.facts import ClosedHow, LoanFacts
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, ItemId, LoanId

_MARK_LOST = "UPDATE loan SET lost_at = $3 WHERE agency_id = $1 AND id = $2 AND lost_at IS NULL"
_MARK_CLAIMED = """
UPDATE loan SET claimed_returned_at = $3 WHERE agency_id = $1 AND id = $2 AND claimed_returned_at IS NULL
"""
_CLOSE_LOAN = """
UPDATE loan SET closed_at = $3, closed_on = $4, closed_how = $5, closed_branch_id = $6 WHERE agency_id = $1 AND id = $2
"""
_REOPEN_LOAN = """
UPDATE loan
   SET closed_at = NULL, closed_on = NULL, closed_how = NULL, closed_branch_id = NULL
 WHERE agency_id = $1 AND id = $2
"""
_RECORD_OVERRIDES = """
INSERT INTO loan_override (agency_id, loan_id, block, reason, actor, at)
SELECT $1, $2, block, $4, $5, $6 FROM unnest($3::text[]) AS block
"""
_MOVE_ITEM = """
UPDATE item_circulation SET state = $3, seen_branch_id = $4, seen_at = $5 WHERE agency_id = $1 AND item_id = $2
"""
_NOTE_GONE = "UPDATE item_circulation SET state = $3 WHERE agency_id = $1 AND item_id = $2"
_RELEASE_COPY = "SELECT release_copy($1, $2, $3, $4, $5)"
_REOPEN_HOLDS = "SELECT reopen_holds($1, $2, $3, $4, $5, $6)"
_END_JOURNEY = """
UPDATE journey SET ended_at = $3, ended_how = $4 WHERE agency_id = $1 AND item_id = $2 AND ended_at IS NULL
"""


async def mark_loan_lost(tx: Transaction, loan: LoanId) -> None:
    await tx.execute(_MARK_LOST, tx.agency, loan, tx.now)


async def mark_claimed_returned(tx: Transaction, loan: LoanId) -> None:
    await tx.execute(_MARK_CLAIMED, tx.agency, loan, tx.now)


async def close_loan(
    tx: Transaction, loan: LoanId, how: ClosedHow, *, closed_at: datetime, closed_on: date, branch: BranchId
) -> None:
    await tx.execute(_CLOSE_LOAN, tx.agency, loan, closed_at, closed_on, how.value, branch)


async def reopen_loan(tx: Transaction, loan: LoanId) -> None:
    await tx.execute(_REOPEN_LOAN, tx.agency, loan)


async def record_overrides(tx: Transaction, loan: LoanId, blocks: Sequence[Block], reason: str) -> None:
    """Put on record what a loan was made, or opened again, in spite of."""
    codes = [each.code.value for each in blocks]
    await tx.execute(_RECORD_OVERRIDES, tx.agency, loan, codes, reason, str(tx.actor), tx.now)


async def move_item(tx: Transaction, item: ItemId, state: ItemState, branch: BranchId) -> None:
    await tx.execute(_MOVE_ITEM, tx.agency, item, state.value, branch, tx.now)


async def note_gone(tx: Transaction, item: ItemId, state: ItemState) -> None:
    """The copy is where nobody knows: its state changes, and where it was last seen stays."""
    await tx.execute(_NOTE_GONE, tx.agency, item, state.value)


async def release_copy(tx: Transaction, item: ItemId, why: str) -> None:
    """The copy is for nobody any more: a hold it was bound to waits again, and its place on the hold shelf is empty."""
    await tx.value(_RELEASE_COPY, tx.agency, item, why, tx.now, tx.actor.told)


async def reopen_holds(tx: Transaction, loan: LoanFacts) -> None:
    """The loan was never made: what its borrower had collected with it is waited for again."""
    if loan.borrower is not None:
        await tx.value(_REOPEN_HOLDS, tx.agency, loan.item, loan.borrower, loan.lent_at, tx.now, tx.actor.told)


async def end_journey(tx: Transaction, item: ItemId, how: str) -> None:
    await tx.execute(_END_JOURNEY, tx.agency, item, tx.now, how)
