"""Lending between agencies: off without an agreement, which the lender gives and either side reads.

Nothing is cloned and nobody writes the other's rows: the borrower's request names a title, the lender's answer a state.
The lender never learns for whom. Both sides do their part at night.
"""

from datetime import date, time, timedelta
from typing import Final

from faelles.agencies.model import DivisionKind
from faelles.circulation.desk.hold_states import HoldState, may_become
from faelles.circulation.desk.lock_store import lock_titles
from faelles.circulation.holds import change_store, queue_store
from faelles.circulation.holds import sharing_store as store
from faelles.circulation.holds.counter import today_in
from faelles.circulation.holds.model import Agreement, ClosedWhy, GiveAgreement
from faelles.circulation.holds.queue_rules import RANK_STEP
from faelles.circulation.holds.sharing_store import Counter, LongWait
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError, invalid_field
from faelles.ground.events import Event, append
from faelles.ground.jobs import Job, Slice
from faelles.people.model import Caller, Permission
from faelles.policies import model as policies
from faelles.policies.compiled import Settings
from faelles.policies.knobs import LENDING_AFTER_DAYS
from faelles.policies.operations import current_settings

_AT_ONCE: Final = 200
_LIBRARIES: Final = "library"
"""The patron group of libraries that borrow for others."""


async def give_agreement(tx: Transaction, caller: Caller, request: GiveAgreement) -> int:
    """Let another municipality's patrons have our copies, from a day on; the agreement's id."""
    caller.require(Permission.AGENCY_EDIT)
    borrower = await store.agency_with_isil(tx, request.borrower)
    if borrower is None:
        raise invalid_field("borrower", "agency_unknown")
    first = request.first_day or today_in(await current_settings(tx), tx)
    if request.last_day is not None and request.last_day < first:
        raise invalid_field("last_day", "agreement_ends_before_it_begins")
    given = await store.give(tx, borrower, first, request.last_day)
    await append(tx, Event(kind="lending.agreed", subject=given, dimensions={"borrower": borrower}))
    return given


async def end_agreement(tx: Transaction, caller: Caller, agreement: int) -> None:
    """Lend nothing more under an agreement after today; what is under way goes on."""
    caller.require(Permission.AGENCY_EDIT)
    if not await store.end(tx, agreement, today_in(await current_settings(tx), tx)):
        raise NotFoundError("agreement_unknown")
    await append(tx, Event(kind="lending.ended", subject=agreement))


async def list_agreements(tx: Transaction, caller: Caller) -> list[Agreement]:
    """What we lend to whom, and who lends to us."""
    caller.require(Permission.AGENCY_VIEW)
    return await store.agreements(tx)


async def ask_others(tx: Transaction, day: date, begin: str | None) -> Slice:
    """For holds that have waited as long as the rule says, ask the next lender; withdraw what is needed no more."""
    withdrawn = 0 if begin else await store.withdraw_over(tx)
    settings = await current_settings(tx)
    found = await store.waiting_long(tx, day, after=int(begin or 0), limit=_AT_ONCE)
    asked = sum([await store.ask(tx, hold, day) for hold in found if _has_waited(settings, hold, day, tx)])
    is_last = len(found) < _AT_ONCE
    counts = {"lending_asked": asked, "lending_withdrawn": withdrawn}
    return Slice(next=None if is_last else str(found[-1].hold), counts=counts)


def _has_waited(settings: Settings, hold: LongWait, day: date, tx: Transaction) -> bool:
    place = settings.at_division(hold.division)
    subject = policies.Subject(
        item=place, patron=place, desk=place, patron_group=hold.patron_group or policies.ANY_PATRON
    )
    after = settings.policy.terms(subject, tx.now)[LENDING_AFTER_DAYS].value
    return after is not None and hold.placed_on + timedelta(days=after) <= day


async def answer_others(tx: Transaction, day: date, _: str | None) -> Slice:
    """Take up what other agencies ask for: into our own queue where we have such a copy, else no."""
    gone = await store.withdrawn_here(tx)
    cancellable = may_become(HoldState.CANCELLED)
    await change_store.close(tx, gone, HoldState.CANCELLED, ClosedWhy.PATRON, only_from=cancellable)
    asked = await store.incoming(tx, day, _AT_ONCE)
    records = [each.record for each in asked]
    await lock_titles(tx, records)
    ours = {record for record, copy in await queue_store.read_supply(tx, records) if copy.comes_back}
    sent_from = _counter(await current_settings(tx), day)
    for each in asked:
        if sent_from is None or not each.is_agreed or each.record not in ours:
            await store.refuse(tx, each)
        else:
            await store.accept(tx, each, sent_from, day, RANK_STEP)
    return Slice(next="more" if len(asked) == _AT_ONCE else None, counts={"lending_answered": len(asked)})


def _counter(settings: Settings, day: date) -> Counter | None:
    """The public library's first branch; other libraries borrow by the rules for libraries."""
    directory = settings.directory
    public = {division.id for division in directory.divisions.values() if division.kind is DivisionKind.PUBLIC}
    open_ones = (
        branch
        for branch in directory.branches.values()
        if branch.division in public and branch.is_pickup and (branch.closed_from is None or day < branch.closed_from)
    )
    group = next((each for each, known in settings.patron_groups.items() if known.code == _LIBRARIES), None)
    branch = min(open_ones, key=lambda branch: branch.code, default=None)
    return Counter(division=branch.division, branch=branch.id, group=group) if branch and group else None


JOBS: Final = (
    Job(name="answer_lending_requests", work=answer_others, at=time(1)),
    Job(name="ask_other_agencies", work=ask_others, at=time(1, 30)),
)
