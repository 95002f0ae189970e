"""The job of the night that forgets, and what it does for each entry of the register."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time
from typing import Final

from faelles.bookings.forgetting import operations as bookings
from faelles.circulation.forgetting import operations as circulation
from faelles.fees.forgetting import operations as fees
from faelles.ground import forgetting as ground
from faelles.ground.database import Transaction
from faelles.ground.forgetting import Forgotten
from faelles.ground.jobs import Job, Slice
from faelles.interlibrary.forgetting import operations as interlibrary
from faelles.notices.forgetting import operations as notices
from faelles.patrons.forgetting import operations as patrons
from faelles.people.forgetting import operations as people
from faelles.privacy.erasing.removing import remove
from faelles.privacy.forgetting import store
from faelles.privacy.limits import limits_on
from faelles.privacy.register import REGISTER

Forget = Callable[[Transaction, datetime], Awaitable[Forgotten]]
"""(transaction, what began to run out before) -> one batch; 0 rows when nothing is left."""

PATRONS_AT_A_TIME: Final = 200
"""Each takes some dozens of statements; to find them takes a look at every patron of the agency."""


async def forget_replacements(tx: Transaction, before: datetime) -> Forgotten:
    """Who was liable, and to whom money would have gone back for what was lost."""
    lost = await circulation.forget_lost(tx, before)
    settled = await fees.forget_replacements(tx, before)
    return Forgotten(lost.rows + settled.rows, lost.active)


async def forget_names(tx: Transaction, before: datetime) -> Forgotten:
    return Forgotten(await store.forget_names(tx, before))


async def forget_erasures(tx: Transaction, before: datetime) -> Forgotten:
    return Forgotten(await store.forget_erasures(tx, before))


async def forget_inactive(tx: Transaction, before: datetime) -> Forgotten:
    """Patrons who have not been here since. No list is kept of them: a backup finds them inactive, too."""
    gone = await store.inactive(tx, before, PATRONS_AT_A_TIME)
    for patron in gone:
        await remove(tx, patron)
    return Forgotten(len(gone))


FORGETTING: Final[Mapping[str, Forget]] = {
    "paid_fees": fees.forget_fees,
    "paid_replacements": forget_replacements,
    "loans": circulation.forget_returned,
    "holds": circulation.forget_holds,
    "bookings": bookings.forget_bookings,
    "interlibrary": interlibrary.forget_requests,
    "hold_decisions": circulation.forget_decisions,
    "overrides": circulation.forget_overrides,
    "work_entries": circulation.forget_scans,
    "exclusion_letters": fees.forget_letters,
    "accounts": fees.forget_accounts,
    "bookkeeping_names": forget_names,
    "messages": notices.forget_messages,
    "links": patrons.forget_links,
    "relations": patrons.forget_relations,
    "idempotency": ground.forget_answers,
    "machine_traces": people.forget_traces,
    "support": people.forget_support,
    "access_log": ground.forget_looks,
    "staff": people.forget_staff,
    "erasures": forget_erasures,
    "patrons": forget_inactive,
}
"""In this order: what keeps a patron goes before the patron, and the looks of staff before their names."""

_ORDER: Final = tuple(FORGETTING)


async def forget(tx: Transaction, day: date, begin: str | None) -> Slice:
    """One batch of the first entry, from `begin` on, that has anything over its limit."""
    limits = await limits_on(tx, day)
    for name in _ORDER[_ORDER.index(begin) if begin in _ORDER else 0 :]:
        since = limits.since(REGISTER.find(name))
        if since is None:
            continue
        gone = await FORGETTING[name](tx, since)
        if gone.rows:
            await store.note_activity(tx, gone.active)
            return Slice(next=name, counts={f"forgotten_{name}": gone.rows})
    return Slice()


FORGET_PERSONAL_DATA: Final = Job(name="forget_personal_data", work=forget, at=time(4))
