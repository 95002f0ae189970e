"""What being late costs: the bridge from a loan that comes back, or is renewed, after its due date to the fees room."""

from datetime import date

from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.desk.opening import Desk
from faelles.circulation.desk.parties import parties_of
from faelles.circulation.loans.facts import LoanFacts
from faelles.fees.model import AgeClass, LateReturn
from faelles.fees.operations import charge_overdue
from faelles.fees.rules import age_class, days_late, overdue_step, share_of_tariff
from faelles.ground.database import Transaction
from faelles.ground.money import Ore
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    CHILD_AGE_BELOW,
    DUE_CALENDAR,
    OVERDUE_DAYS_COUNTED,
    OVERDUE_FEE_PERCENT,
    OVERDUE_FEES_RAISED,
    OVERDUE_STEPS,
)

NOTHING = Ore(0)


def days_overdue(desk: Desk, terms: Terms, loan: LoanFacts, settled_on: date) -> int:
    """Days late by the calendar of the branch where it was lent; 0 in time."""
    calendar = desk.settings.directory.calendar(loan.branch, terms[DUE_CALENDAR].value)
    return days_late(loan.due_on, settled_on, calendar, terms[OVERDUE_DAYS_COUNTED].value)


async def charge_if_late(
    tx: Transaction,
    desk: Desk,
    terms: Terms,
    *,
    loan: LoanFacts,
    patron: PatronFacts,
    settled_on: date,
) -> Ore:
    """Charge the fee for a loan that was settled on `settled_on`, once for its batch; øre charged now.

    `terms` are those of that day: its tariff counts, and its amnesty.
    """
    late_by = days_overdue(desk, terms, loan, settled_on)
    if not late_by or not terms[OVERDUE_FEES_RAISED].value:
        return NOTHING
    age = age_class(patron.birth_date, settled_on, terms[CHILD_AGE_BELOW].value)
    knobs = [child if age is AgeClass.CHILD else adult for _, adult, child in OVERDUE_STEPS]
    tariff = [Ore(terms[knob].value) for knob in knobs]
    first, second, third = share_of_tariff(tariff, terms[OVERDUE_FEE_PERCENT].value)
    raised = await charge_overdue(
        tx,
        LateReturn(
            parties=parties_of(patron, settled_on),
            division=loan.division,
            branch=desk.branch,
            loan=loan.id,
            lent_on=loan.lent_on,
            due_on=loan.due_on,
            settled_on=settled_on,
            days_overdue=late_by,
            age_class=age,
            tariff=(first, second, third),
            rule=terms[knobs[overdue_step(late_by) - 1]].rule_id,
            currency=desk.currency,
        ),
    )
    return raised.amount_ore if raised else NOTHING
