"""Renewing, loan by loan: each is decided by itself, all that may be are written at once."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

import msgspec

from faelles.circulation.desk.blocks import BlockCode, Judgement, block, judge
from faelles.circulation.desk.dimensions import loan_dimensions
from faelles.circulation.desk.facts import ItemFacts, PatronFacts
from faelles.circulation.desk.model import Overrides
from faelles.circulation.desk.opening import Desk
from faelles.circulation.desk.repeats import Repeatable
from faelles.circulation.loans import renewal_store
from faelles.circulation.loans.cases import renewal_of
from faelles.circulation.loans.facts import Borrowed, LoanAndItem, LoanFacts
from faelles.circulation.loans.late import NOTHING, charge_if_late
from faelles.circulation.loans.model import Outcome, RenewalAnswer
from faelles.circulation.loans.renewal_rules import RenewalCase, find_blocks
from faelles.circulation.loans.replies import kept, shown
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.ids import LoanId
from faelles.ground.money import Ore


class RenewalWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk asked for besides the loans themselves."""

    overrides: Overrides
    reason: str | None
    dry_run: bool


class Decided(msgspec.Struct, frozen=True):
    """One loan's renewal: to be written when `due_on` is there and nothing stands."""

    loan: LoanFacts
    item: ItemFacts
    case: RenewalCase
    due_on: date | None
    judgement: Judgement

    @property
    def is_allowed(self) -> bool:
        return self.judgement.allows and self.due_on is not None


def decide(desk: Desk, patron: PatronFacts, each: LoanAndItem, wish: RenewalWish) -> Decided:
    """Decide one loan; pure."""
    case = renewal_of(desk, patron, each, desk.now)
    judgement = judge(find_blocks(case), wish.overrides, desk.permissions)
    return Decided(each.loan, each.item, case, case.due_on, judgement)


async def renew_loans(
    tx: Transaction,
    desk: Desk,
    borrowed: Sequence[Borrowed],
    *,
    wish: RenewalWish,
    repeat: Repeatable,
    kept_as: Callable[[list[RenewalAnswer]], object] | None = None,
) -> list[RenewalAnswer]:
    """Renew what may be renewed of these loans, with the fee for what was late; say why not of the rest.

    `kept_as` is the form in which the request's key keeps the answers, where it is another than a list.
    """
    decided = [decide(desk, each.patron, loan, wish) for each in borrowed for loan in each.loans]
    patrons = [each.patron.id for each in borrowed if each.loans]
    allowed = [each for each in decided if each.is_allowed]
    charge = partial(_charge_all, tx, desk, allowed)
    if wish.dry_run:
        charged = await tx.rehearse(charge)
        await record_access(tx, "renewal_dry_run", patrons)
        return [_answer(each, Outcome.ALLOWED, charged.get(each.loan.id, NOTHING)) for each in decided]
    charged = await charge()
    answers = [_answer(each, Outcome.RENEWED, charged.get(each.loan.id, NOTHING)) for each in decided]
    await renewal_store.write_renewals(
        tx,
        [_renewed(desk, each) for each in allowed],
        [_refused(desk, each) for each in decided if not each.is_allowed],
        patrons=patrons,
        reason=wish.reason,
        answer=msgspec.json.encode(kept_as(answers) if kept_as else [kept(each) for each in answers]),
        repeat=repeat,
    )
    return answers


async def _charge_all(tx: Transaction, desk: Desk, allowed: Sequence[Decided]) -> dict[LoanId, Ore]:
    return {each.loan.id: await _charge(tx, desk, each) for each in allowed}


async def _charge(tx: Transaction, desk: Desk, decided: Decided) -> Ore:
    """Renewing late costs what returning late would."""
    case = decided.case
    return await charge_if_late(
        tx,
        desk,
        case.terms,
        loan=decided.loan,
        patron=case.patron,
        settled_on=case.today,
    )


def _answer(decided: Decided, when_allowed: Outcome, charged: Ore) -> RenewalAnswer:
    loan, allowed = decided.loan, decided.is_allowed
    return RenewalAnswer(
        outcome=when_allowed if allowed else Outcome.REFUSED,
        loan=loan.id,
        due_on=decided.due_on if allowed else loan.due_on,
        renewals=loan.renewals + 1 if allowed else loan.renewals,
        item=shown(decided.item, on_checkout=True),
        blocks=decided.judgement.standing,
        overridden=decided.judgement.overridden,
        charged_ore=charged,
    )


def _renewed(desk: Desk, decided: Decided) -> renewal_store.RenewedLoan:
    case = decided.case
    return renewal_store.RenewedLoan(
        loan=decided.loan.id,
        item=decided.item.id,
        due_on=decided.due_on or decided.loan.due_on,
        overridden=[each.code.value for each in decided.judgement.overridden],
        dimensions=loan_dimensions(
            item=decided.item,
            branch=desk.branch,
            division=decided.loan.division,
            patron=case.patron,
            group=decided.loan.patron_group,
            day=case.today,
        ),
    )


def _refused(desk: Desk, decided: Decided) -> renewal_store.RefusedRenewal:
    codes = sorted(each.code for each in decided.judgement.standing)
    return renewal_store.RefusedRenewal(
        loan=decided.loan.id,
        item=decided.item.id,
        dimensions={"branch": desk.branch, "blocks": ",".join(codes)},
    )


def unknown_loan(loan: int) -> RenewalAnswer:
    """The answer for an id that is no loan of this agency, or none the caller may see."""
    return RenewalAnswer(outcome=Outcome.REFUSED, loan=LoanId(loan), blocks=(block(BlockCode.LOAN_NOT_FOUND),))
