"""Why a loan is so many days late, and what the tariff says to it: the reckoning of a return, told step by step.

Nothing is decided anew: the functions are those that charge (`fees.rules`, `loans.cases`).
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from faelles.agencies.calendar import Calendar
from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.looking import store
from faelles.circulation.looking.model import LoanShown
from faelles.circulation.looking.operations import show_loan
from faelles.fees.model import AgeClass
from faelles.fees.rules import age_class, days_late, overdue_step, share_of_tariff
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.ids import BranchId, LoanId, RuleId
from faelles.ground.money import Ore
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Terms
from faelles.policies.knobs import (
    CHILD_AGE_BELOW,
    DUE_CALENDAR,
    OVERDUE_DAYS_COUNTED,
    OVERDUE_FEE_PERCENT,
    OVERDUE_STEPS,
    OverdueDays,
)
from faelles.policies.operations import current_settings

LONGEST = timedelta(days=730)
"""As many days as are told one by one."""


class DayCounted(msgspec.Struct, frozen=True, kw_only=True):
    """One day after the due date. `holiday` names the public holiday that closes it, in the country's language."""

    day: date
    is_open: bool
    is_counted: bool
    holiday: str | None


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the tariff, from the first day late it is for; what it costs the borrower, an amnesty taken off."""

    number: int
    from_day: int
    amount_ore: Ore
    rule: RuleId | None
    is_reached: bool


class Lateness(msgspec.Struct, frozen=True, kw_only=True):
    """A loan due on `due_on` and settled on `settled_on`, by the rules of that day. `counts_from`: the due date, or the
    next open day where the branch was closed on it.
    """

    loan: LoanId
    branch: BranchId
    """Whose calendar counts: where it was lent."""
    service: str
    """Which of its calendars."""
    due_on: date
    counts_from: date
    settled_on: date
    days: int
    counted: OverdueDays
    age_class: AgeClass
    steps: tuple[Step, ...]
    calendar: tuple[DayCounted, ...]


async def explain_lateness(
    tx: Transaction,
    caller: Caller,
    loan: LoanId,
    *,
    due_on: date | None = None,
    settled_on: date | None = None,
    shown: LoanShown | None = None,
) -> Lateness:
    """A loan that was due on `due_on` (else as it is due now) and settled on `settled_on` (else today). `shown`: the
    loan, where the caller was shown it in this transaction.

    Raises NotFoundError for a loan that is not the caller's to see, InvalidRequestError for days too far apart.
    """
    caller.require(Permission.FEE_VIEW)
    found = shown or await show_loan(tx, caller, loan)
    settings = await current_settings(tx)
    desk = await open_desk(tx, caller, settings.revision, found.branch, Permission.FEE_VIEW)
    due, settled = due_on or found.due_on, settled_on or desk.local_day(tx.now)
    if settled - due > LONGEST:
        raise invalid_field("settled_on", "date_out_of_range")
    return await _reckoned(tx, desk, found, due, settled)


async def _reckoned(tx: Transaction, desk: Desk, loan: LoanShown, due: date, settled: date) -> Lateness:
    item = await store.item_facts(tx, loan.item_number)
    if item is None:
        raise NotFoundError("material_not_found")
    patron = await store.patron_facts(tx, loan.borrower) if loan.borrower is not None else None
    zone = ZoneInfo(desk.settings.directory.agency.time_zone)
    terms = terms_for(desk, patron, item, datetime.combine(settled, time(12), zone))
    calendar = desk.settings.directory.calendar(loan.branch, terms[DUE_CALENDAR].value)
    counted = terms[OVERDUE_DAYS_COUNTED].value
    late = days_late(due, settled, calendar, counted)
    age = age_class(patron.birth_date if patron else None, settled, terms[CHILD_AGE_BELOW].value)
    start = calendar.next_open_day(due, latest=settled) or settled if settled > due else due
    return Lateness(
        loan=loan.id,
        branch=loan.branch,
        service=terms[DUE_CALENDAR].value,
        due_on=due,
        counts_from=start,
        settled_on=settled,
        days=late,
        counted=counted,
        age_class=age,
        steps=_steps(terms, age, late),
        calendar=_calendar(calendar, start, settled, counted),
    )


def _steps(terms: Terms, age: AgeClass, late: int) -> tuple[Step, ...]:
    knobs = [child if age is AgeClass.CHILD else adult for _, adult, child in OVERDUE_STEPS]
    amounts = share_of_tariff([Ore(terms[knob].value) for knob in knobs], terms[OVERDUE_FEE_PERCENT].value)
    return tuple(
        Step(
            number=number,
            from_day=first,
            amount_ore=amount,
            rule=terms[knob].rule_id,
            is_reached=number == overdue_step(late),
        )
        for number, ((first, _, _), knob, amount) in enumerate(zip(OVERDUE_STEPS, knobs, amounts, strict=True), 1)
    )


def _calendar(calendar: Calendar, start: date, settled: date, counted: OverdueDays) -> tuple[DayCounted, ...]:
    days = [start + timedelta(days=number) for number in range(1, max((settled - start).days, 0) + 1)]
    return tuple(
        DayCounted(
            day=day,
            is_open=calendar.is_open_on(day),
            is_counted=counted is OverdueDays.CALENDAR or calendar.is_open_on(day),
            holiday=calendar.holiday_on(day),
        )
        for day in days
    )
