"""May this patron take this copy? Pure: facts and terms in, every block out.

Each function looks at one matter and yields what it finds; `find_blocks` is the whole list in the order in which a
person at the desk would want to hear it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import BookedDays, ItemFacts, ItemState, PatronFacts
from faelles.circulation.desk.hold_states import BOUND
from faelles.circulation.desk.patron_rules import against_debt, against_membership, standing_blocks, unknown_patron
from faelles.circulation.loans.booked import against_booking
from faelles.circulation.loans.facts import CheckoutFacts, LoanFacts, TouchedHold
from faelles.circulation.loans.model import Remark
from faelles.ground.clock import age_on
from faelles.ground.ids import BranchId, DivisionId, HoldId
from faelles.items.model import IN_THE_WORKSHOP
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    CHECKOUT_OF_PLANNED,
    DEBT_LIMIT_ORE,
    LENDABLE,
    LOAN_DAYS,
    MAX_LOANS,
    MAX_LOANS_OF_GROUP,
    MINIMUM_AGE_REFUSES,
    OVERDUE_BLOCKS_CHECKOUT,
    Effect,
)
from faelles.policies.model import Source

REPEAT_WITHIN = timedelta(minutes=2)
"""A check-out of what the patron was lent here so recently is the same check-out again, its answer having been lost."""


class LendingCase(msgspec.Struct, frozen=True, kw_only=True):
    """One check-out to decide: who, what, on which terms, where and when."""

    patron: PatronFacts
    item: ItemFacts
    loan: LoanFacts | None
    holds: tuple[TouchedHold, ...]
    is_on_hold_shelf: bool
    division: DivisionId
    """The item's owning division: whose membership, limits and debts count."""
    is_self_service: bool
    terms: Terms
    today: date
    due_on: date | None
    booked: BookedDays | None = None
    """The next booking of the copy by somebody else."""
    fulfils: BookedDays | None = None
    """The patron's own, that this loan is for."""
    is_cut_short: bool = False
    """For the booking of somebody else."""


def is_repeat(loan: LoanFacts, patron: PatronFacts, branch: BranchId, now: datetime) -> bool:
    """Whether the patron was lent this very copy at this branch a moment ago."""
    return (
        loan.is_borrowed_by(patron.id)
        and loan.branch == branch
        and loan.renewals == 0
        and not loan.is_stopped
        and timedelta() <= now - loan.lent_at <= REPEAT_WITHIN
    )


def unknown_parties(facts: CheckoutFacts) -> list[Block]:
    """The blocks of a check-out in which the patron or the item is not known here: nothing else can be asked."""
    found = []
    if facts.patron is None:
        found.append(unknown_patron(is_ambiguous=facts.is_ambiguous, ended=facts.ended_identifier))
    if facts.item is None:
        found.append(block(BlockCode.MATERIAL_NOT_FOUND))
    return found


def find_blocks(case: LendingCase) -> list[Block]:
    """Every reason against this loan."""
    return [
        *against_membership(case.patron, case.division, case.today),
        *standing_blocks(case.patron, case.division, case.today, is_self_service=case.is_self_service),
        *against_debt(case.patron, case.division, case.terms[DEBT_LIMIT_ORE]),
        *_overdues(case),
        *limits_reached(case.patron, case.division, case.terms),
        *_age(case),
        *_item(case),
        *_held(case),
        *against_booking(case.booked, case.due_on, case.today, case.terms),
        *_placeholder(case),
        *_lendable(case),
        *_due(case),
    ]


def _overdues(case: LendingCase) -> Iterator[Block]:
    overdue = sum(loan.is_overdue(case.today) for loan in case.patron.loans_in(case.division))
    effect = case.terms[OVERDUE_BLOCKS_CHECKOUT]
    if overdue and effect.value is Effect.REFUSE:
        yield block(BlockCode.HAS_OVERDUES, effect.rule_id, count=overdue)


def limits_reached(patron: PatronFacts, division: DivisionId, terms: Terms) -> Iterator[Block]:
    """The limits that one loan more would exceed."""
    loans = patron.loans_in(division)
    total, of_group = terms[MAX_LOANS], terms[MAX_LOANS_OF_GROUP]
    if total.value is not None and len(loans) >= total.value:
        yield block(BlockCode.TOO_MANY_LOANS, total.rule_id, count=len(loans), limit=total.value)
    if of_group.value is not None:
        counted = terms.counted_material_groups(MAX_LOANS_OF_GROUP)
        alike = sum(loan.material_group in counted for loan in loans)
        if alike >= of_group.value:
            yield block(BlockCode.TOO_MANY_OF_GROUP, of_group.rule_id, count=alike, limit=of_group.value)


def _age(case: LendingCase) -> Iterator[Block]:
    born, least = case.patron.birth_date, case.item.minimum_age
    refuses = case.terms[MINIMUM_AGE_REFUSES]
    if born is not None and least is not None and refuses.value and age_on(born, case.today) < least:
        yield block(BlockCode.TOO_YOUNG, refuses.rule_id, minimum_age=least)


def _item(case: LendingCase) -> Iterator[Block]:
    item, loan = case.item, case.loan
    if item.withdrawn:
        yield block(BlockCode.MATERIAL_DISCARDED)
    if loan is not None:
        mine = loan.is_borrowed_by(case.patron.id)
        yield block(BlockCode.ALREADY_LOANED if mine else BlockCode.ON_LOAN_TO_OTHER, due_on=str(loan.due_on))
    if item.not_for_loan is not None:
        yield block(BlockCode.MATERIAL_NOT_LOANABLE, why=item.not_for_loan)
    if item.condition in IN_THE_WORKSHOP:
        yield block(BlockCode.MATERIAL_NOT_READY, condition=item.condition)


def _held(case: LendingCase) -> Iterator[Block]:
    """A copy that is bound to somebody's hold is theirs alone; of one that is only planned for them the rules speak."""
    if any(hold.is_this_copy and not hold.is_mine and hold.state in BOUND for hold in case.holds):
        yield block(BlockCode.ON_HOLD_FOR_OTHER)
    planned = case.terms[CHECKOUT_OF_PLANNED]
    if planned.value is Effect.REFUSE and _is_planned_for_other(case):
        yield block(BlockCode.ON_HOLD_FOR_OTHER, planned.rule_id)


def _is_planned_for_other(case: LendingCase) -> bool:
    """It stands on a pick list, for somebody whom another copy may serve as well."""
    return any(hold.is_this_copy and not hold.is_mine and hold.state not in BOUND for hold in case.holds)


def collected_hold(holds: tuple[TouchedHold, ...]) -> HoldId | None:
    """The patron's hold that this loan fills: the one the copy was kept for, else the first it would do for."""
    mine = [hold for hold in holds if hold.is_mine and hold.is_filled]
    kept = [hold for hold in mine if hold.is_this_copy and hold.state in BOUND]
    return next((hold.id for hold in (*kept, *mine)), None)


def _placeholder(case: LendingCase) -> Iterator[Block]:
    if not case.item.is_placeholder:
        return
    if case.item.sent_home:
        yield block(BlockCode.MATERIAL_SENT_HOME)
    elif not case.item.received:
        yield block(BlockCode.MATERIAL_NOT_RECEIVED)


def _lendable(case: LendingCase) -> Iterator[Block]:
    lendable = case.terms[LENDABLE]
    if lendable.value:
        return
    is_silent = lendable.source is Source.NOT_FOUND
    yield block(BlockCode.LOANING_PROFILE_NOT_FOUND if is_silent else BlockCode.MATERIAL_NOT_LOANABLE, lendable.rule_id)


def _due(case: LendingCase) -> Iterator[Block]:
    if case.due_on is None:
        yield block(BlockCode.NO_DUE_DATE, case.terms[LOAN_DAYS].rule_id)


def find_warnings(case: LendingCase) -> tuple[Remark, ...]:
    """What the desk should hear although the loan is made."""
    loans = case.patron.loans_in(case.division)
    heard = {
        Remark.SAME_TITLE_ON_LOAN: any(loan.record == case.item.record for loan in loans),
        Remark.HAS_OVERDUES: any(loan.is_overdue(case.today) for loan in loans)
        and case.terms[OVERDUE_BLOCKS_CHECKOUT].value is Effect.WARN,
        Remark.OWES: case.patron.balance_in(case.division) > 0,
        Remark.CHECK_PARTS: bool(case.item.parts),
        Remark.PARTS_MISSING: bool(case.item.missing_parts),
        Remark.PLANNED_FOR_OTHER: case.terms[CHECKOUT_OF_PLANNED].value is Effect.WARN and _is_planned_for_other(case),
        Remark.JOURNEY_ENDED: case.item.state is ItemState.IN_TRANSIT,
        Remark.ITEM_FOUND: case.item.state in {ItemState.LOST, ItemState.MISSING, ItemState.CLAIMED_RETURNED},
        Remark.DAMAGED: case.item.condition == "damaged",
        Remark.SHORTENED_FOR_BOOKING: case.is_cut_short,
        Remark.BOOKING_COLLECTED: case.fulfils is not None,
        Remark.HOLD_COLLECTED: collected_hold(case.holds) is not None,
    }
    return tuple(warning for warning, is_heard in heard.items() if is_heard)
