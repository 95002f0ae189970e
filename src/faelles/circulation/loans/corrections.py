"""Undoing: a check-out or a return that should not have been. What it cost is taken back with it."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import ItemFacts, ItemState, PatronFacts
from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.desk.repeats import Repeatable, repeatable
from faelles.circulation.holds.store import mark_titles
from faelles.circulation.loans import correction_store, store
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.loans.facts import ClosedHow, LoanAndItem, LoanFacts
from faelles.circulation.loans.lending_rules import limits_reached
from faelles.circulation.loans.losses import claim_replacement
from faelles.circulation.loans.model import Outcome, UndoAnswer, UndoRequest
from faelles.circulation.loans.replies import answered_before, kept, shown
from faelles.circulation.loans.sight import visible_to
from faelles.fees.model import ChargeKind
from faelles.fees.operations import release_loan
from faelles.fees.rules import overdue_batch
from faelles.ground import idempotency
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.events import Event, append
from faelles.ground.money import Ore
from faelles.people.model import Caller, Permission

_UNDONE: Final = "return_undone"


async def undo_checkout(
    tx: Transaction,
    caller: Caller,
    request: UndoRequest,
    key: str | None = None,
    *,
    needs: Permission = Permission.UNDO,
) -> UndoAnswer:
    """The loan was never made: the copy is back where it was lent, and a hold that was collected with it waits again. A
    renewed loan is one that somebody meant.

    `needs`: what the caller must hold; a machine that cancels what it did a moment ago what it did it with.
    """
    repeat = repeatable("undo_checkout", key, request)
    patron, desk, found, earlier = await _load(tx, caller, request, repeat, needs)
    if earlier is not None:
        return earlier
    if not found.loan.is_open:
        raise ConflictError("loan_is_closed")
    if found.loan.renewals or found.loan.lost_at or found.loan.claimed_returned_at:
        raise ConflictError("loan_has_moved_on")
    if not request.dry_run:
        await correction_store.close_loan(
            tx,
            found.loan.id,
            ClosedHow.UNDONE,
            closed_at=tx.now,
            closed_on=desk.local_day(tx.now),
            branch=desk.branch,
        )
        await correction_store.move_item(tx, found.item.id, ItemState.AVAILABLE, desk.branch)
        await correction_store.reopen_holds(tx, found.loan)
        await mark_titles(tx, [found.item.record])
    return await _finish(tx, desk, request, repeat, patron, found, released=Ore(0))


async def undo_return(
    tx: Transaction,
    caller: Caller,
    request: UndoRequest,
    key: str | None = None,
    *,
    needs: Permission = Permission.UNDO,
) -> UndoAnswer:
    """The copy was never handed in: the loan is open as before, and the fee for handing it in late is taken back. One
    that was lost is lost again, with what was claimed for it. What the patron borrowed meanwhile may make it one loan
    too many: that is put on record as an override, for the reason `return_undone`. `needs` as for a check-out.
    """
    repeat = repeatable("undo_return", key, request)
    patron, desk, found, earlier = await _load(tx, caller, request, repeat, needs)
    if earlier is not None:
        return earlier
    loan, item = found.loan, found.item
    if loan.closed_how is not ClosedHow.RETURNED:
        raise ConflictError("loan_is_open" if loan.is_open else "loan_not_returned")
    if found.lent_again:
        raise ConflictError("item_lent_again")
    exceeded = tuple(limits_reached(patron, loan.division, terms_for(desk, patron, item, desk.now)))
    reopen = partial(_reopen, tx, desk, found, patron, exceeded)
    released = await (tx.rehearse(reopen) if request.dry_run else reopen())
    return await _finish(tx, desk, request, repeat, patron, found, released=released, overridden=exceeded)


async def _reopen(
    tx: Transaction, desk: Desk, found: LoanAndItem, patron: PatronFacts, exceeded: Sequence[Block]
) -> Ore:
    """The loan and the copy as they were; by how much less is claimed."""
    loan, item = found.loan, found.item
    released = await _release_fee(tx, loan)
    if loan.lost_at is not None:
        released = Ore(released - await claim_replacement(tx, desk, item, loan, patron))
    await correction_store.reopen_loan(tx, loan.id)
    await correction_store.record_overrides(tx, loan.id, exceeded, _UNDONE)
    await correction_store.end_journey(tx, item.id, "undone")
    await correction_store.release_copy(tx, item.id, "return_undone")
    await mark_titles(tx, [item.record])
    await correction_store.move_item(tx, item.id, loan.item_state, desk.branch)
    return released


async def _release_fee(tx: Transaction, loan: LoanFacts) -> Ore:
    """Take back the fee that this return raised; one that an earlier, late renewal raised stays."""
    if loan.closed_on is None:
        return Ore(0)
    batch = overdue_batch(loan.lent_on, loan.due_on, loan.closed_on)
    return await release_loan(tx, loan.id, [ChargeKind.OVERDUE], reason=_UNDONE, batch=batch)


async def _load(
    tx: Transaction, caller: Caller, request: UndoRequest, repeat: Repeatable, needs: Permission
) -> tuple[PatronFacts, Desk, LoanAndItem, UndoAnswer | None]:
    """The loan with its borrower and item locked, and the answer this key was given before."""
    caller.require(needs)
    facts = await store.load_loans(tx, repeat, loans=[request.loan])
    desk = await open_desk(tx, caller, facts.revision, request.branch, needs)
    seen = [visible_to(caller, needs, each) for each in facts.borrowed]
    if not seen or not seen[0].loans:
        raise NotFoundError("loan_not_found")
    (patron, (found,)) = seen[0].patron, seen[0].loans
    return patron, desk, found, answered_before(facts.earlier, repeat, UndoAnswer, found.item)


async def _finish(
    tx: Transaction,
    desk: Desk,
    request: UndoRequest,
    repeat: Repeatable,
    patron: PatronFacts,
    found: LoanAndItem,
    *,
    released: Ore,
    overridden: tuple[Block, ...] = (),
) -> UndoAnswer:
    answer = UndoAnswer(
        outcome=Outcome.ALLOWED if request.dry_run else Outcome.DONE,
        loan=found.loan.id,
        item=shown(found.item, on_checkout=False),
        released_ore=released,
        overridden=overridden,
    )
    await record_access(tx, repeat.operation, [patron.id])
    if request.dry_run:
        return answer
    await append(tx, _event(desk, repeat.operation, found.item, found.loan))
    await idempotency.remember(tx, repeat.operation, repeat.key, request, kept(answer))
    return answer


def _event(desk: Desk, operation: str, item: ItemFacts, loan: LoanFacts) -> Event:
    kind = "loan.undone" if operation == "undo_checkout" else "loan.reopened"
    return Event(kind=kind, loan=loan.id, item=item.id, dimensions={"branch": desk.branch, "division": loan.division})
