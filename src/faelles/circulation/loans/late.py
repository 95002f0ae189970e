"""What being late costs: the bridge from a loan that comes back, or is renewed, after its due date to the fees room."""

from datetime import date

from faelles.circulation.loans.desk import Desk
from faelles.circulation.loans.facts import LoanFacts, PatronFacts
from faelles.fees.model import AgeClass, LateReturn, Parties
from faelles.fees.operations import charge_overdue
from faelles.fees.rules import age_class
from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId
from faelles.ground.money import Ore
from faelles.policies.compiled import Terms
from faelles.policies.knobs import CHILD_AGE_BELOW, OVERDUE_FEES_RAISED, OVERDUE_STEPS

NOTHING = Ore(0)


def days_overdue(loan: LoanFacts, settled_on: date) -> int:
    """Whole days after the due date; 0 in time. A loan whose patron claims to have returned it stops its clock
    where the claim was made.
    """
    claimed = loan.claimed_returned_at
    until = min(settled_on, claimed.date()) if claimed else settled_on
    return max((until - loan.due_on).days, 0)


def parties_of(patron: PatronFacts, responsible: PatronId | None, liable_class: AgeClass) -> Parties:
    """A child's debt is the child's, and the bill goes to the adult who is responsible for it just now."""
    addressee = responsible if responsible is not None and liable_class is AgeClass.CHILD else patron.id
    return Parties(patron=patron.id, liable=addressee, addressee=addressee)


async def charge_if_late(
    tx: Transaction,
    desk: Desk,
    terms: Terms,
    *,
    loan: LoanFacts,
    patron: PatronFacts,
    responsible: PatronId | None,
    settled_on: date,
) -> Ore:
    """Charge the fee for a loan that was settled on `settled_on`, once for its batch; øre charged now."""
    late_by = days_overdue(loan, settled_on)
    if not late_by or not terms[OVERDUE_FEES_RAISED].value:
        return NOTHING
    age = age_class(patron.birth_date, settled_on, terms[CHILD_AGE_BELOW].value)
    knobs = [child if age is AgeClass.CHILD else adult for _, adult, child in OVERDUE_STEPS]
    first, second, third = (Ore(terms[knob].value) for knob in knobs)
    raised = await charge_overdue(
        tx,
        LateReturn(
            parties=parties_of(patron, responsible, age),
            division=loan.division,
            branch=desk.branch,
            loan=loan.id,
            lent_on=loan.lent_on,
            due_on=loan.due_on,
            settled_on=settled_on,
            days_overdue=late_by,
            age_class=age,
            tariff=(first, second, third),
            rule=terms[knobs[-1]].rule_id,
            currency=desk.currency,
        ),
    )
    return raised.amount_ore if raised else NOTHING
