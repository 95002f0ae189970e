"""Lost, claimed returned, found: when the copy and its loan part ways.

A lost copy's loan stays open, with a claim for the replacement, until the copy is found or the books close it. A
patron who says that a copy was returned stops its clock: it is searched for, it is neither overdue nor charged.
"""

from datetime import datetime
from functools import partial

from faelles.circulation.desk.dimensions import loan_dimensions
from faelles.circulation.desk.facts import ItemFacts, ItemState, PatronFacts
from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.desk.parties import parties_of
from faelles.circulation.desk.repeats import repeatable
from faelles.circulation.holds.store import mark_titles
from faelles.circulation.loans import correction_store, store, work_store
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.loans.facts import LoanFacts
from faelles.circulation.loans.model import LossAnswer, LossRequest, Outcome
from faelles.circulation.loans.replies import answered_before, kept, shown
from faelles.circulation.loans.return_facts import ReturnFacts
from faelles.circulation.loans.sight import is_visible
from faelles.fees.model import Replacement
from faelles.fees.operations import charge_replacement, refund_replacement
from faelles.fees.rules import age_class, replacement_price
from faelles.ground import idempotency
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.events import Event, append
from faelles.ground.ids import PatronId
from faelles.ground.money import Ore
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    CHILD_AGE_BELOW,
    REFUND_LOST_WITHIN_DAYS,
    REPLACEMENT_DEFAULT_PRICE_ORE,
    REPLACEMENT_PROCESSING_FEE_ORE,
)

NOTHING = Ore(0)


async def declare_lost(tx: Transaction, caller: Caller, request: LossRequest, key: str | None = None) -> LossAnswer:
    """The copy is gone. On loan: the borrower is charged for another one, once however often it is said. Not on loan:
    it is missing.
    """
    facts, desk, item, earlier = await _load(tx, caller, request, "lost", key)
    if earlier is not None:
        return earlier
    if facts.loan is None or facts.patron is None:
        return await _finish(tx, desk, request, facts, item, state=ItemState.MISSING, charged=NOTHING, key=key)
    charged = NOTHING
    if facts.loan.lost_at is None:
        lose = partial(_lose, tx, desk, item, facts.loan, facts.patron)
        charged = await (tx.rehearse(lose) if request.dry_run else lose())
    return await _finish(tx, desk, request, facts, item, state=ItemState.LOST, charged=charged, key=key)


async def give_up(tx: Transaction, desk: Desk, item: ItemFacts, loan: LoanFacts, patron: PatronFacts) -> None:
    """What has not come back for so long is not expected to: as declared lost, by nobody in particular."""
    await _lose(tx, desk, item, loan, patron)
    await correction_store.note_gone(tx, item.id, ItemState.LOST)
    await record_access(tx, ItemState.LOST.value, [patron.id])
    await append(tx, _event(desk, patron, loan, item, ItemState.LOST))


async def _lose(tx: Transaction, desk: Desk, item: ItemFacts, loan: LoanFacts, patron: PatronFacts) -> Ore:
    await correction_store.mark_loan_lost(tx, loan.id)
    return await claim_replacement(tx, desk, item, loan, patron)


async def claim_returned(tx: Transaction, caller: Caller, request: LossRequest, key: str | None = None) -> LossAnswer:
    """The borrower says that it was handed in: the clock stops, and the shelves are searched."""
    facts, desk, item, earlier = await _load(tx, caller, request, "claim_returned", key)
    if earlier is not None:
        return earlier
    if facts.loan is None:
        raise ConflictError("item_not_on_loan")
    if facts.loan.lost_at is not None:
        raise ConflictError("loan_is_lost")
    if facts.loan.claimed_returned_at is None and not request.dry_run:
        await correction_store.mark_claimed_returned(tx, facts.loan.id)
        await work_store.add_work_entry(
            tx,
            work_store.NewWorkEntry(
                branch=desk.branch, kind="search_shelves", loan=facts.loan.id, item=item.id, happened_at=tx.now
            ),
        )
    return await _finish(tx, desk, request, facts, item, state=ItemState.CLAIMED_RETURNED, charged=NOTHING, key=key)


async def settle_found(tx: Transaction, desk: Desk, terms: Terms, loan: LoanFacts, found_at: datetime) -> None:
    """A lost copy is back: within the time of the rule, the claim for another one falls away."""
    limit = terms[REFUND_LOST_WITHIN_DAYS].value
    if loan.lost_at is None or limit is None:
        return
    days = (desk.local_day(found_at) - desk.local_day(loan.lost_at)).days
    if days <= limit:
        await refund_replacement(tx, loan.id, reason="found")


async def _load(
    tx: Transaction, caller: Caller, request: LossRequest, operation: str, key: str | None
) -> tuple[ReturnFacts, Desk, ItemFacts, LossAnswer | None]:
    """What a return would load, and the answer this key was given before."""
    caller.require(Permission.LOST)
    repeat = repeatable(operation, key, request)
    facts = await store.load_return(tx, request.item, repeat)
    desk = await open_desk(tx, caller, facts.revision, request.branch, Permission.LOST)
    if facts.item is None or (facts.loan is not None and not is_visible(caller, Permission.LOST, facts.loan)):
        raise NotFoundError("material_not_found")
    return facts, desk, facts.item, answered_before(facts.earlier, repeat, LossAnswer, facts.item)


async def claim_replacement(tx: Transaction, desk: Desk, item: ItemFacts, loan: LoanFacts, patron: PatronFacts) -> Ore:
    """Charge the borrower for another copy, where that is not claimed already; øre charged now."""
    terms = terms_for(desk, patron, item, desk.now)
    age = age_class(patron.birth_date, desk.local_day(desk.now), terms[CHILD_AGE_BELOW].value)
    price = Ore(item.price_ore) if item.price_ore is not None else None
    raised = await charge_replacement(
        tx,
        Replacement(
            parties=parties_of(patron, desk.local_day(desk.now)),
            division=loan.division,
            branch=desk.branch,
            loan=loan.id,
            price_ore=replacement_price(price, Ore(terms[REPLACEMENT_DEFAULT_PRICE_ORE].value)),
            processing_ore=Ore(terms[REPLACEMENT_PROCESSING_FEE_ORE].value),
            age_class=age,
            rule=terms[REPLACEMENT_PROCESSING_FEE_ORE].rule_id,
            currency=desk.currency,
        ),
    )
    return Ore(sum(each.amount_ore for each in raised))


async def _finish(
    tx: Transaction,
    desk: Desk,
    request: LossRequest,
    facts: ReturnFacts,
    item: ItemFacts,
    *,
    state: ItemState,
    charged: Ore,
    key: str | None,
) -> LossAnswer:
    """Move the copy to its new state, say so, and keep the answer."""
    loan = facts.loan
    answer = LossAnswer(
        outcome=Outcome.ALLOWED if request.dry_run else Outcome.DONE,
        state=state.value,
        loan=loan.id if loan else None,
        item=shown(item, on_checkout=False),
        charged_ore=charged,
    )
    await record_access(tx, "loss_dry_run" if request.dry_run else state.value, _seen(facts))
    if request.dry_run:
        return answer
    await correction_store.note_gone(tx, item.id, state)
    await correction_store.end_journey(tx, item.id, "lost")
    await correction_store.release_copy(tx, item.id, state.value)
    await mark_titles(tx, [item.record])
    await append(tx, _event(desk, facts.patron, loan, item, state))
    operation = "claim_returned" if state is ItemState.CLAIMED_RETURNED else "lost"
    await idempotency.remember(tx, operation, key, request, kept(answer))
    return answer


def _seen(facts: ReturnFacts) -> list[PatronId]:
    return [facts.patron.id] if facts.patron else []


def _event(desk: Desk, patron: PatronFacts | None, loan: LoanFacts | None, item: ItemFacts, state: ItemState) -> Event:
    return Event(
        kind=f"item.{state.value}",
        item=item.id,
        loan=loan.id if loan else None,
        dimensions=loan_dimensions(
            item=item,
            branch=desk.branch,
            division=loan.division if loan else desk.division_of(item),
            patron=patron,
            group=loan.patron_group if loan else None,
            day=desk.local_day(desk.now),
        ),
    )
