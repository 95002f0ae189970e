"""What a late or lost item costs. Pure; amounts in øre.

Source: the municipalities' tariffs and the national ceiling for overdue fees, docs/decisions/overdue-fees.md.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from faelles.agencies.calendar import Calendar
from faelles.fees.model import AgeClass, BatchClaim, Share
from faelles.ground.clock import age_on
from faelles.ground.ids import HoldId, LoanId, PatronId
from faelles.ground.money import Ore
from faelles.patrons.rules import is_adult
from faelles.policies.knobs import OVERDUE_STEPS, OverdueDays

STEP_STARTS = tuple(first_day for first_day, _, _ in OVERDUE_STEPS)
"""The first day late of each step; steps count from 1."""

NOTHING = Ore(0)


def days_late(due_on: date, settled_on: date, calendar: Calendar, counted: OverdueDays) -> int:
    """How many days after its due date a loan was settled; 0 in time.

    A due date on a day that closed after the loan was made moves to the next open day, as it would have when the loan
    was made. After it every day counts, or only the open ones.
    """
    if settled_on <= due_on:
        return 0
    due_on = calendar.next_open_day(due_on, latest=settled_on) or settled_on
    late = (settled_on - due_on).days
    if counted is OverdueDays.CALENDAR:
        return late
    return sum(calendar.is_open_on(due_on + timedelta(days=day)) for day in range(1, late + 1))


def share_of_tariff(tariff: Sequence[Ore], percent: int) -> tuple[Ore, ...]:
    """The tariff in an amnesty: `percent` of each step, rounded down to whole øre."""
    return tuple(Ore(amount * percent // 100) for amount in tariff)


def overdue_step(days_overdue: int) -> int:
    """0 in time, else the step that so many days late fall in."""
    return sum(days_overdue >= start for start in STEP_STARTS)


def overdue_fee(days_overdue: int, tariff: Sequence[Ore]) -> Ore:
    """The fee of the step reached. A tariff that falls from one step to the next charges the highest on the way:
    who keeps a book longer never pays less.
    """
    return max(tariff[: overdue_step(days_overdue)], default=NOTHING)


def difference(claimed: Ore, amount: Ore) -> Ore:
    """What one more loan of `amount` adds to a batch that `claimed` is asked for already: a batch costs once."""
    return max(Ore(amount - claimed), NOTHING)


def overdue_batch(lent_on: date, due_on: date, settled_on: date) -> str:
    """The name of what is lent together, due together and returned on one local day, within one account."""
    return f"{lent_on:%Y-%m-%d}/{due_on:%Y-%m-%d}/{settled_on:%Y-%m-%d}"


def loan_batch(loan: LoanId) -> str:
    """The name of a batch of one: what is claimed for a lost item is claimed for that loan alone."""
    return f"loan/{loan}"


def hold_batch(hold: HoldId) -> str:
    """What is claimed for a hold that nobody collected is claimed for that hold once."""
    return f"hold/{hold}"


def age_class(birth_date: date | None, on: date, child_age_below: int) -> AgeClass:
    """A child is younger than `child_age_below` years on the day. Without a known birth date: an adult."""
    is_child = birth_date is not None and age_on(birth_date, on) < child_age_below
    return AgeClass.CHILD if is_child else AgeClass.ADULT


def payer(patron: PatronId, guardian: PatronId | None, birth_date: date | None, on: date) -> PatronId:
    """Who is liable: the financially responsible adult, until the patron turns 18."""
    return patron if guardian is None or is_adult(birth_date, on) else guardian


def replacement_price(item_price: Ore | None, default_price: Ore) -> Ore:
    """What a lost item costs: its own price where it is known and above nothing."""
    return item_price or default_price


def shares(claims: Sequence[BatchClaim]) -> list[Share]:
    """What each claim of a batch shall be, given the loans that stand on it: the highest amount in all, and each step
    what lower ones do not claim already. The same whatever order the loans were scanned in.
    """
    spread: list[Share] = []
    claimed = NOTHING
    for claim in sorted(claims, key=lambda claim: (claim.facts.step, claim.facts.charge)):
        highest = max(claim.lines, default=NOTHING)
        amount = difference(claimed, highest)
        spread.append(Share(charge=claim.facts.charge, account=claim.facts.account, amount_ore=amount))
        claimed = max(claimed, highest)
    return spread
