"""The matcher: takes titles that were marked, plans copies for their holds, writes what changes and why.

Marks go away in the transaction that writes what came of them, so stopping anywhere loses nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from faelles.circulation.holds import queue_store as store
from faelles.circulation.holds.counter import today_in
from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.holds.matching import Assigned, Plan, WhyNot, match
from faelles.circulation.holds.store import mark_titles
from faelles.circulation.holds.title import Moment, costs_on, free_copies, moment, wantings
from faelles.circulation.holds.unfillable import find_unfillable
from faelles.circulation.holds.ways import read_ways
from faelles.ground.database import Transaction
from faelles.ground.ids import HoldId, RecordId
from faelles.policies.operations import current_settings

_BETTER_COPY: Final = "other_copy"


async def match_dirty_titles(tx: Transaction, most: int = store.MARKS_AT_ONCE) -> int:
    """Match the titles of the oldest marks; how many marks were settled. 0: nothing can be done just now."""
    marks = await store.take_marks(tx, most)
    if not marks:
        return 0
    marked = sorted({mark.record for mark in marks})
    busy = await store.follow_successors(tx, marked)
    waited_for = await store.lock_titles(tx, marked)
    ours = [record for record, is_locked in waited_for.items() if is_locked and record not in busy]
    if ours:
        await match_titles(tx, ours)
    settled = [mark.id for mark in marks if waited_for.get(mark.record, True) and mark.record not in busy]
    await store.clear_marks(tx, settled)
    return len(settled)


async def match_titles(tx: Transaction, records: Sequence[RecordId]) -> None:
    """Match titles whose queues are locked."""
    at = await present_moment(tx)
    titles = await store.read_titles(tx, records)
    plans = [(title.queue, plan_title(title.queue, title.copies, at)) for title in titles.values()]
    await _write(tx, plans)


async def present_moment(tx: Transaction) -> Moment:
    """The rules, the day and the ways of now."""
    settings = await current_settings(tx)
    today = today_in(settings, tx)
    days, groups = await read_ways(tx, settings, today)
    return moment(settings, tx.now, today, costs_on(settings.directory, today, days, groups))


def plan_title(queue: Sequence[Waiting], copies: Sequence[Copy], at: Moment) -> Plan:
    """Which copy for which hold of one title, and whom no copy will ever fill; pure."""
    plan = match(wantings(queue, at), free_copies(copies, at), at.judge, has_copies=bool(copies))
    return replace(plan, unfillable=find_unfillable(queue, copies, plan.passed, at)) if plan.passed else plan


async def _write(tx: Transaction, plans: Sequence[tuple[Sequence[Waiting], Plan]]) -> None:
    """Write the differences. Copies are locked before they are planned: what is being lent just now is left out, and
    its title marked again.
    """
    released: list[tuple[HoldId, str]] = []
    planned: list[tuple[RecordId, Assigned]] = []
    hopes: list[tuple[HoldId, WhyNot | None]] = []
    for queue, plan in plans:
        wanted = {each.hold: each for each in plan.assigned}
        for hold in queue:
            new = wanted.get(hold.id)
            if hold.item is not None and (new is None or new.item != hold.item):
                released.append((hold.id, plan.why_not(hold.id).value if new is None else _BETTER_COPY))
            if new is not None and new.item != hold.item:
                planned.append((hold.record, new))
            if hold.nothing_fills != plan.unfillable.get(hold.id):
                hopes.append((hold.id, plan.unfillable.get(hold.id)))
    there = await store.lock_free_items(tx, [each.item for _, each in planned]) if planned else set()
    changing = [*(hold for hold, _ in released), *(each.hold for _, each in planned), *(hold for hold, _ in hopes)]
    await store.lock_holds(tx, changing)
    await store.release(tx, released)
    await store.assign(tx, [each for _, each in planned if each.item in there])
    await store.note_hopes(tx, hopes)
    if again := sorted({record for record, each in planned if each.item not in there}):
        await mark_titles(tx, again)
