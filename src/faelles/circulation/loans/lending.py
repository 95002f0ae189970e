"""Lending, step by step: what a check-out amounts to, the loan it writes, the refusal it notes."""

from datetime import date

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block, judge
from faelles.circulation.desk.dimensions import loan_dimensions
from faelles.circulation.desk.facts import ItemFacts, PatronFacts
from faelles.circulation.desk.opening import Desk
from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.holds import change_store, reading_store
from faelles.circulation.loans import store
from faelles.circulation.loans.cases import lending_case, loan_kind
from faelles.circulation.loans.due_dates import shortened
from faelles.circulation.loans.facts import Borrowed, CheckoutFacts, LoanAndItem, LoanFacts
from faelles.circulation.loans.handing_on import charge_holder, close_for_next
from faelles.circulation.loans.lending_rules import (
    LendingCase,
    collected_hold,
    find_blocks,
    find_warnings,
    is_repeat,
    unknown_parties,
)
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome, Remark
from faelles.circulation.loans.renewing import RenewalWish, renew_loans
from faelles.circulation.loans.replies import as_checkout, kept, shown
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.idempotency import keep
from faelles.ground.ids import LoanId, PatronId
from faelles.people.model import Permission
from faelles.policies.knobs import DUE_CALENDAR, RENEW_ON_CHECKOUT, SHORT_LOAN_DAYS, SHORT_LOAN_FROM_HOLDS


class Lend(msgspec.Struct, frozen=True):
    """A loan to make, due on `due_on`."""

    number: LoanId
    case: LendingCase
    due_on: date
    overridden: tuple[Block, ...]
    holder: PatronFacts | None = None
    """Whoever still has the copy on loan, where that is stepped over."""


class Renew(msgspec.Struct, frozen=True):
    """The patron has it already: scanning it again renews. `answerable` is the loan's first borrower."""

    answerable: PatronFacts
    scanned: LoanAndItem


class Repeat(msgspec.Struct, frozen=True):
    """The loan was made a moment ago, and its answer lost."""

    item: ItemFacts
    loan: LoanFacts


class Refuse(msgspec.Struct, frozen=True):
    standing: tuple[Block, ...]
    overridden: tuple[Block, ...] = ()


Decision = Lend | Renew | Repeat | Refuse


def decide(desk: Desk, request: CheckoutRequest, facts: CheckoutFacts) -> Decision:
    """What a check-out amounts to; pure."""
    patron, item, loan = facts.patron, facts.item, facts.loan
    if patron is None or item is None:
        return Refuse(tuple(unknown_parties(facts)))
    if loan is not None and _is_same(loan, request) and is_repeat(loan, patron, desk.branch, desk.now):
        return Repeat(item, loan)
    case = lending_case(
        desk,
        patron=patron,
        item=item,
        loan=loan,
        lent_at=request.lent_at or desk.now,
        wished_due_on=request.due_on,
        holds=facts.holds,
        is_on_hold_shelf=facts.is_on_hold_shelf,
        bookings=facts.bookings,
    )
    # A renewal is of today: a scan entered for another day means a loan.
    renews = request.renew_own and request.lent_at is None and case.terms[RENEW_ON_CHECKOUT].value
    if loan is not None and loan.is_borrowed_by(patron.id) and renews:
        scanned = LoanAndItem(
            loan, item, lent_again=False, waited_for_from=facts.waited_for_from, bookings=facts.bookings
        )
        return Renew(facts.holder or patron, scanned)
    found = [*find_blocks(case), *_wished_due_date(desk, request, case)]
    judgement = judge(found, request.overrides, desk.permissions)
    if judgement.standing or case.due_on is None:
        return Refuse(judgement.standing, judgement.overridden)
    return Lend(facts.next_loan, case, case.due_on, judgement.overridden, facts.holder if loan is not None else None)


def _is_same(loan: LoanFacts, request: CheckoutRequest) -> bool:
    """Whether the loan is for the same two as the request; the second may scan what is theirs as well."""
    return request.second_borrower in {None, loan.second_borrower}


def _wished_due_date(desk: Desk, request: CheckoutRequest, case: LendingCase) -> list[Block]:
    """A due date of the desk's own choosing needs a permission. One before the loan, or after the lender wants the copy
    back, nobody can choose.
    """
    if request.due_on is None:
        return []
    chosen = block(BlockCode.DUE_DATE_NOT_ALLOWED, due_on=str(request.due_on))
    lender_due_on = case.item.lender_due_on
    if request.due_on < case.today or (lender_due_on is not None and request.due_on > lender_due_on):
        return [msgspec.structs.replace(chosen, override=None)]
    return [] if Permission.OVERRIDE_DUE_DATE in desk.permissions else [chosen]


async def lend(
    tx: Transaction, desk: Desk, request: CheckoutRequest, decision: Lend, repeat: Repeatable
) -> CheckoutAnswer:
    """Write the loan that was decided, or with `dry_run` only say what it would have been."""
    case = decision.case
    due_on = await _shortened(tx, desk, request, decision)
    wished = decision.due_on
    if due_on != wished:
        decision = msgspec.structs.replace(decision, due_on=due_on)
    answer = CheckoutAnswer(
        outcome=Outcome.ALLOWED if request.dry_run else Outcome.LENT,
        loan=None if request.dry_run else decision.number,
        due_on=due_on,
        item=shown(case.item, on_checkout=True),
        overridden=decision.overridden,
        warnings=find_warnings(case) + _also(decision, wished),
    )
    if request.dry_run:
        await record_access(tx, "checkout_dry_run", [case.patron.id])
        return answer
    if case.loan is not None and decision.holder is not None:
        holder, at = decision.holder, request.lent_at or desk.now
        await charge_holder(tx, desk, case.item, case.loan, holder=holder, at=at)
        await close_for_next(tx, desk, case.item, case.loan, holder=holder, at=at, look="return")
    await store.write_checkout(tx, _new_loan(desk, request, decision, answer), repeat)
    if case.holds or case.is_on_hold_shelf:
        await change_store.collect(tx, case.item.id, collected_hold(case.holds))
    return answer


def _also(decision: Lend, wished: date) -> tuple[Remark, ...]:
    """What the desk should hear of what lending did on the way."""
    heard = {Remark.SHORTENED: decision.due_on < wished, Remark.RETURNED_FOR_OTHER: decision.holder is not None}
    return tuple(remark for remark, is_heard in heard.items() if is_heard)


async def _shortened(tx: Transaction, desk: Desk, request: CheckoutRequest, decision: Lend) -> date:
    """The due date, drawn nearer where many wait for the title and the rules say so. The desk's own choice stands."""
    case = decision.case
    days = case.terms[SHORT_LOAN_DAYS].value
    if days is None or request.due_on is not None:
        return decision.due_on
    waiting = await reading_store.count_waiting(tx, case.item.id, but=case.patron.id)
    if waiting < case.terms[SHORT_LOAN_FROM_HOLDS].value:
        return decision.due_on
    calendar = desk.settings.directory.calendar(desk.branch, case.terms[DUE_CALENDAR].value)
    return shortened(decision.due_on, case.today, days, terms=case.terms, calendar=calendar)


def _new_loan(desk: Desk, request: CheckoutRequest, decision: Lend, answer: CheckoutAnswer) -> store.NewLoan:
    case, item = decision.case, decision.case.item
    membership = case.patron.membership_in(case.division, case.today)
    group = membership.group if membership else None
    second = None if request.second_borrower is None else PatronId(request.second_borrower)
    return store.NewLoan(
        id=decision.number,
        item=item.id,
        record=item.record,
        division=case.division,
        material_group=item.material_group,
        patron_group=group,
        kind=loan_kind(item),
        branch=desk.branch,
        lent_at=request.lent_at or desk.now,
        lent_on=case.today,
        due_on=decision.due_on,
        first_borrower=case.patron.id,
        second_borrower=None if second == case.patron.id else second,
        overridden=[each.code.value for each in decision.overridden],
        reason=request.reason,
        dimensions=loan_dimensions(
            item=item,
            branch=desk.branch,
            division=case.division,
            patron=case.patron,
            group=group,
            day=case.today,
        ),
        answer=msgspec.json.encode(kept(answer)),
    )


async def repeat_answer(
    tx: Transaction, request: CheckoutRequest, decision: Repeat, repeat: Repeatable
) -> CheckoutAnswer:
    """The loan that was made a moment ago, told again; nothing changes but that somebody looked."""
    await record_access(tx, "checkout", [patron for patron in (decision.loan.borrower,) if patron is not None])
    answer = CheckoutAnswer(
        outcome=Outcome.REPEATED,
        loan=decision.loan.id,
        due_on=decision.loan.due_on,
        renewals=decision.loan.renewals,
        item=shown(decision.item, on_checkout=True),
    )
    if not request.dry_run:
        await keep(tx, repeat.operation, repeat.key, repeat.fingerprint, kept(answer))
    return answer


async def renew(
    tx: Transaction, desk: Desk, request: CheckoutRequest, decision: Renew, repeat: Repeatable
) -> CheckoutAnswer:
    """Renew what was scanned by the patron who has it."""
    (renewed,) = await renew_loans(
        tx,
        desk,
        [Borrowed(decision.answerable, (decision.scanned,))],
        wish=RenewalWish(overrides=request.overrides, reason=request.reason, dry_run=request.dry_run),
        repeat=repeat,
        kept_as=lambda answers: kept(as_checkout(answers[0])),
    )
    return as_checkout(renewed)


async def refuse(
    tx: Transaction, desk: Desk, request: CheckoutRequest, facts: CheckoutFacts, decision: Refuse
) -> CheckoutAnswer:
    """Say every reason, and note that the patron's record was read for it."""
    standing = decision.standing
    if not request.dry_run:
        await store.write_refusal(
            tx,
            store.Refusal(
                kind="checkout",
                patron=facts.patron.id if facts.patron else None,
                item=facts.item.id if facts.item else None,
                loan=None,
                dimensions={"branch": desk.branch, "blocks": ",".join(sorted(each.code for each in standing))},
            ),
        )
    elif facts.patron is not None:
        await record_access(tx, "checkout_dry_run", [facts.patron.id])
    # Whoever could not prove who they are learns nothing of the item either.
    is_proven = not any(each.code in {BlockCode.SIGN_IN_FAILED, BlockCode.LOCKED_OUT} for each in standing)
    return CheckoutAnswer(
        outcome=Outcome.REFUSED,
        item=shown(facts.item, on_checkout=True) if facts.item and is_proven else None,
        blocks=standing,
        overridden=decision.overridden,
    )
