"""May this loan be renewed, and until when? Pure: facts and terms in, every block out."""

from collections.abc import Iterator
from datetime import date, timedelta

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode, block
from faelles.circulation.desk.facts import BookedDays, PatronFacts, RuledItem
from faelles.circulation.desk.patron_rules import against_debt, against_membership, standing_blocks
from faelles.circulation.loans.booked import against_booking
from faelles.circulation.loans.facts import LoanStanding
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    MAX_RENEWALS,
    OVERDUE_BLOCKS_RENEWAL,
    RENEW_DAYS_AFTER_DUE,
    RENEW_DAYS_BEFORE_DUE,
    RENEWABLE,
    RENEWAL_DEBT_LIMIT_ORE,
    RENEWAL_WITH_BLOCKS,
    RENEWAL_WITH_HOLDS,
    Effect,
    OverdueRenewal,
)
from faelles.policies.model import Source


class RenewalCase(msgspec.Struct, frozen=True, kw_only=True):
    """One loan to renew. `patron` is the first borrower, whose blocks count."""

    patron: PatronFacts
    item: RuledItem
    loan: LoanStanding
    is_waited_for: bool
    """By others, for whom no other copy is planned."""
    is_self_service: bool
    terms: Terms
    today: date
    due_on: date | None
    """The renewed due date; None where the rules give none."""
    booked: BookedDays | None = None
    """The next booking of the copy by somebody else."""


def find_blocks(case: RenewalCase) -> list[Block]:
    """Every reason against renewing, and of a loan that is over only that. A renewal is never "too many loans"."""
    if not case.loan.is_open:
        return [block(BlockCode.LOAN_NOT_FOUND)]
    return [
        *_loan(case),
        *against_membership(case.patron, case.loan.division, case.today),
        *_renewable(case),
        *_count(case),
        *_waited_for(case),
        *against_booking(case.booked, case.due_on, case.today, case.terms),
        *_window(case),
        *_patron(case),
        *_overdues(case),
        *_gain(case),
    ]


def _loan(case: RenewalCase) -> Iterator[Block]:
    if case.loan.lost_at is not None:
        yield block(BlockCode.MATERIAL_LOST)
    if case.loan.claimed_returned_at is not None:
        yield block(BlockCode.CLAIMED_RETURNED)
    if case.item.withdrawn:
        yield block(BlockCode.MATERIAL_DISCARDED)


def _renewable(case: RenewalCase) -> Iterator[Block]:
    renewable = case.terms[RENEWABLE]
    if renewable.value:
        return
    is_silent = renewable.source is Source.NOT_FOUND
    yield block(
        BlockCode.LOANING_PROFILE_NOT_FOUND if is_silent else BlockCode.MATERIAL_NOT_LOANABLE, renewable.rule_id
    )


def _count(case: RenewalCase) -> Iterator[Block]:
    limit = case.terms[MAX_RENEWALS]
    if limit.value is not None and case.loan.renewals >= limit.value:
        yield block(BlockCode.MAX_RENEWALS_REACHED, limit.rule_id, count=case.loan.renewals, limit=limit.value)


def _waited_for(case: RenewalCase) -> Iterator[Block]:
    effect = case.terms[RENEWAL_WITH_HOLDS]
    if case.is_waited_for and effect.value is Effect.REFUSE:
        yield block(BlockCode.WAITED_FOR, effect.rule_id)


def _window(case: RenewalCase) -> Iterator[Block]:
    before, after = case.terms[RENEW_DAYS_BEFORE_DUE], case.terms[RENEW_DAYS_AFTER_DUE]
    if before.value is not None:
        opens = case.loan.due_on - timedelta(days=before.value)
        if case.today < opens:
            yield block(BlockCode.RENEWED_TOO_SOON, before.rule_id, opens_on=str(opens))
    if after.value is not None and (case.today - case.loan.due_on).days > after.value:
        yield block(BlockCode.RENEWED_TOO_LATE, after.rule_id, days=after.value)


def _patron(case: RenewalCase) -> Iterator[Block]:
    patron, division, with_blocks = case.patron, case.loan.division, case.terms[RENEWAL_WITH_BLOCKS]
    if with_blocks.value is Effect.REFUSE:
        yield from standing_blocks(
            patron, division, case.today, is_self_service=case.is_self_service, rule=with_blocks.rule_id
        )
    yield from against_debt(patron, division, case.terms[RENEWAL_DEBT_LIMIT_ORE])


def _overdues(case: RenewalCase) -> Iterator[Block]:
    effect = case.terms[OVERDUE_BLOCKS_RENEWAL]
    if effect.value is OverdueRenewal.REFUSE_THIS and case.today > case.loan.due_on:
        yield block(BlockCode.HAS_OVERDUES, effect.rule_id, count=1)
    if effect.value is OverdueRenewal.REFUSE_ALL:
        overdue = sum(loan.is_overdue(case.today) for loan in case.patron.loans_in(case.loan.division))
        if overdue:
            yield block(BlockCode.HAS_OVERDUES, effect.rule_id, count=overdue)


def _gain(case: RenewalCase) -> Iterator[Block]:
    """A renewal never shortens a loan by surprise, and one that gains no day is none."""
    if case.due_on is None:
        yield block(BlockCode.NO_DUE_DATE)
    elif case.due_on <= case.loan.due_on:
        yield block(BlockCode.RENEWAL_GAINS_NOTHING, due_on=str(case.loan.due_on))
