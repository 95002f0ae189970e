"""Lending between agencies: off without an agreement, which the lender gives and either side reads.

Nothing is cloned and nobody writes the other's rows: the borrower's request names a title, the lender's answer a state.
The lender never learns for whom. Both sides do their part at night.
"""

from datetime import date, time, timedelta
from typing import Final

from faelles.circulation.desk.hold_states import HoldState, may_become
from faelles.circulation.desk.lock_store import lock_titles
from faelles.circulation.holds import change_store, queue_store
from faelles.circulation.holds.model import ClosedWhy
from faelles.circulation.holds.queue_rules import RANK_STEP
from faelles.circulation.sharing import lending_store, store
from faelles.circulation.sharing.counters import counter_on
from faelles.circulation.sharing.prospects import asked_after
from faelles.circulation.sharing.store import LongWait
from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.policies.compiled import Settings
from faelles.policies.operations import current_settings

_AT_ONCE: Final = 200


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
    after = asked_after(settings, hold.division, hold.patron_group, tx.now)
    return after is not None and hold.waits_from + timedelta(days=after) <= day


async def answer_others(tx: Transaction, day: date, _: str | None) -> Slice:
    """Take up what other agencies ask for: into our own queue where we have such a copy, else no. What they need no
    longer is given up, and what we could not fetch is refused.
    """
    gone = await store.withdrawn_here(tx)
    cancellable = may_become(HoldState.CANCELLED)
    await change_store.close(tx, gone, HoldState.CANCELLED, ClosedWhy.PATRON, only_from=cancellable)
    given_up = await lending_store.refuse_closed(tx)
    seen = await store.incoming(tx, day, _AT_ONCE)
    records = [each.record for each in seen]
    await lock_titles(tx, records)
    # Somebody at the desk may have answered while we waited.
    asked = [each for each in await store.incoming(tx, day, _AT_ONCE) if each in seen]
    ours = {record for record, copy in await queue_store.read_supply(tx, records) if copy.comes_back}
    sent_from = counter_on(await current_settings(tx), day, tx.now)
    for each in asked:
        if sent_from is None or not each.is_agreed or each.record not in ours:
            await store.refuse(tx, each)
        else:
            await store.accept(tx, each, sent_from, day, RANK_STEP)
    counts = {"lending_answered": len(asked), "lending_given_up": given_up}
    return Slice(next="more" if len(seen) == _AT_ONCE else None, counts=counts)


async def note_home(tx: Transaction, _day: date, _: str | None) -> Slice:
    """What was scanned here since it was sent has come home; what we have sent home is noted for its lender to see."""
    counts = {"lent_home": await lending_store.note_home(tx), "borrowed_returned": await store.note_returned(tx)}
    return Slice(counts=counts)


JOBS: Final = (
    Job(name="note_lent_home", work=note_home, at=time(0, 45)),
    Job(name="answer_lending_requests", work=answer_others, at=time(1)),
    Job(name="ask_other_agencies", work=ask_others, at=time(1, 30)),
)
