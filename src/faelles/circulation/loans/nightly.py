"""What a new day means for loans: some are renewed by themselves, some copies are given up for lost, and what was lost
and is paid for is over.

A job does nothing where no rule asks for it. What a rule refuses is refused as at the desk, and tried no more that day.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import date, time, timedelta
from functools import partial
from typing import Final, TypeVar, cast

from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.desk.opening import Desk, open_desk
from faelles.circulation.desk.repeats import repeatable
from faelles.circulation.loans import correction_store, night_store, store
from faelles.circulation.loans.cases import terms_for
from faelles.circulation.loans.facts import Borrowed, ClosedHow, LoanAndItem
from faelles.circulation.loans.losses import give_up
from faelles.circulation.loans.model import Outcome
from faelles.circulation.loans.renewing import RenewalWish, renew_loans
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.events import Event, append
from faelles.ground.ids import LoanId
from faelles.ground.jobs import Job, Slice
from faelles.people.model import Permission, system_caller
from faelles.policies.knob import Knob
from faelles.policies.knobs import LOST_AFTER_DAYS_OVERDUE, REFUND_LOST_WITHIN_DAYS, RENEW_BY_ITSELF
from faelles.policies.operations import current_settings

_AT_ONCE: Final = 50
"""Loans in one transaction: their borrowers and copies stay locked for it."""
_LONGEST_OVERDUE: Final = timedelta(days=3650)
_BY_ITSELF: Final = RenewalWish(overrides=frozenset(), reason=None, dry_run=False)

Value = TypeVar("Value")
Lent = tuple[Desk, PatronFacts, LoanAndItem]


async def renew_due(tx: Transaction, day: date, place: str | None) -> Slice:
    """Renew what is due on `day` or the day after, where the rules renew by themselves."""
    if True not in await _values(tx, RENEW_BY_ITSELF):
        return Slice()
    after = LoanId(int(place or 0))
    loans = await night_store.due_between(tx, day, day + timedelta(days=1), after=after, limit=_AT_ONCE)
    return await _each(tx, loans, Permission.RENEW, _renew, counted="loans_renewed")


async def _renew(tx: Transaction, desk: Desk, patron: PatronFacts, lent: LoanAndItem) -> bool:
    if not terms_for(desk, patron, lent.item, desk.now)[RENEW_BY_ITSELF].value:
        return False
    borrowed = [Borrowed(patron, (lent,))]
    (answer,) = await renew_loans(tx, desk, borrowed, wish=_BY_ITSELF, repeat=repeatable("renew", None))
    return answer.outcome is Outcome.RENEWED


async def give_up_overdue(tx: Transaction, day: date, place: str | None) -> Slice:
    """Give up for lost, and charge, what has been overdue for as long as the rules say."""
    waits = [days for days in await _values(tx, LOST_AFTER_DAYS_OVERDUE) if days is not None]
    if not waits:
        return Slice()
    after, last = LoanId(int(place or 0)), day - timedelta(days=min(waits))
    loans = await night_store.due_between(tx, last - _LONGEST_OVERDUE, last, after=after, limit=_AT_ONCE)
    return await _each(tx, loans, Permission.LOST, partial(_give_up, day=day), counted="copies_lost")


async def _give_up(tx: Transaction, desk: Desk, patron: PatronFacts, lent: LoanAndItem, *, day: date) -> bool:
    wait = terms_for(desk, patron, lent.item, desk.now)[LOST_AFTER_DAYS_OVERDUE].value
    if wait is None or (day - lent.loan.due_on).days < wait:
        return False
    await give_up(tx, desk, lent.item, lent.loan, patron)
    return True


async def close_paid(tx: Transaction, day: date, place: str | None) -> Slice:
    """Close the loan of a lost copy that is paid for, once nobody would get the money back for finding it."""
    loans = await night_store.paid_for(tx, after=LoanId(int(place or 0)), limit=_AT_ONCE)
    return await _each(tx, loans, Permission.LOST, partial(_close_paid, day=day), counted="loans_closed")


async def _close_paid(tx: Transaction, desk: Desk, patron: PatronFacts, lent: LoanAndItem, *, day: date) -> bool:
    loan, limit = lent.loan, terms_for(desk, patron, lent.item, desk.now)[REFUND_LOST_WITHIN_DAYS].value
    if loan.lost_at is None or (day - desk.local_day(loan.lost_at)).days <= (limit or 0):
        return False
    await correction_store.close_loan(tx, loan.id, ClosedHow.PAID, closed_at=tx.now, closed_on=day, branch=desk.branch)
    await record_access(tx, "lost", [patron.id])
    dimensions = {"branch": desk.branch, "division": loan.division}
    await append(tx, Event(kind="loan.paid_for", loan=loan.id, item=loan.item, dimensions=dimensions))
    return True


async def _each(
    tx: Transaction,
    loans: Sequence[LoanId],
    needs: Permission,
    work: Callable[[Transaction, Desk, PatronFacts, LoanAndItem], Awaitable[bool]],
    *,
    counted: str,
) -> Slice:
    """Lock these loans with whoever answers for them, and do the work for each at the desk where it was lent."""
    if not loans:
        return Slice()
    done = 0
    async for desk, patron, lent in _load(tx, loans, needs):
        done += await work(tx, desk, patron, lent)
    return Slice(next=str(loans[-1]) if len(loans) == _AT_ONCE else None, counts={counted: done})


async def _load(tx: Transaction, loans: Sequence[LoanId], needs: Permission) -> AsyncIterator[Lent]:
    facts = await store.load_loans(tx, repeatable("renew", None), loans=loans)
    for borrowed in facts.borrowed:
        for lent in borrowed.loans:
            if lent.loan.is_open:
                desk = await open_desk(tx, system_caller(tx.agency), facts.revision, lent.loan.branch, needs)
                yield desk, borrowed.patron, lent


async def _values(tx: Transaction, knob: Knob[Value]) -> set[Value]:
    """Every value that a rule gives the knob just now, and what it has where none speaks."""
    settings = await current_settings(tx)
    in_force = (rule for rule in settings.policy.rules if rule.cell.knob == knob.name and rule.is_in_force(tx.now))
    return {knob.default, *(cast("Value", rule.value) for rule in in_force)}


JOBS: Final = (
    Job(name="renew_due_loans", work=renew_due, at=time(0, 30)),
    Job(name="give_up_overdue_loans", work=give_up_overdue, at=time(0, 40)),
    Job(name="close_paid_losses", work=close_paid, at=time(0, 50)),
)
