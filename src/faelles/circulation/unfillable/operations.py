"""Holds that nothing can fill: finding them, and giving them up so that their patrons hear of it."""

from collections.abc import Sequence
from typing import Final

from faelles.circulation.desk.hold_states import CLOSED, WAITING, HoldState
from faelles.circulation.desk.lock_store import lock_titles
from faelles.circulation.holds import change_store, queue_store
from faelles.circulation.holds.change_store import KnownHold
from faelles.circulation.holds.changing import is_visible, note_looks
from faelles.circulation.holds.counter import today_in
from faelles.circulation.holds.matcher import plan_title, present_moment
from faelles.circulation.holds.model import CancelHolds, Cancelled, CancelOutcome, ClosedWhy
from faelles.circulation.holds.reading import holds_listed
from faelles.circulation.sharing.prospects import with_prospects
from faelles.circulation.unfillable import store
from faelles.circulation.unfillable.model import UnfillableHold
from faelles.circulation.unfillable.store import Noted
from faelles.ground.database import Transaction
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import HoldId
from faelles.people.model import Caller, Permission, listed
from faelles.policies.operations import current_settings

_AT_ONCE: Final = 200


async def list_unfillable(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[UnfillableHold]:
    """Holds that no copy of ours will ever fill and that nobody else is being asked for, by id; those of the divisions
    where the caller sees holds.
    """
    caller.require(Permission.HOLD_VIEW)
    noted = await _without_hope(tx, caller, after, limit)
    shown = await holds_listed(tx, caller, [each.hold for each in noted], "list_unfillable")
    return [
        UnfillableHold(hold=shown[each.hold], why=each.why, since=each.since, was_known=each.was_known)
        for each in noted
        if each.hold in shown
    ]


async def count_unfillable(tx: Transaction, caller: Caller, most: int) -> int:
    """How many there are on the list, counted no further than `most`."""
    caller.require(Permission.HOLD_VIEW)
    return len(await _without_hope(tx, caller, 0, most))


async def _without_hope(tx: Transaction, caller: Caller, after: int, limit: int) -> list[Noted]:
    """Read on until the page is full: for some of what was noted other municipalities are asked."""
    settings = await current_settings(tx)
    today, among = today_in(settings, tx), listed(caller.divisions(Permission.HOLD_VIEW))
    found: list[Noted] = []
    while len(found) < limit:
        batch = await store.noted(tx, among, after=after, limit=_AT_ONCE)
        hopeful = await with_prospects(tx, settings, [each.hold for each in batch], today)
        found += [each for each in batch if each.hold not in hopeful]
        if len(batch) < _AT_ONCE:
            break
        after = batch[-1].hold
    return found[:limit]


async def cancel_unfillable(
    tx: Transaction, caller: Caller, request: CancelHolds, key: str | None = None
) -> list[Cancelled]:
    """Give holds up because nothing can fill them, each answered by itself; their patrons are told. What something can
    fill meanwhile, or is being asked for elsewhere, waits on.
    """
    caller.require(Permission.HOLD_PLACE)
    if earlier := await recall(tx, "cancel_unfillable", key, request, list[Cancelled]):
        return earlier
    found = await change_store.find_holds(tx, request.holds)
    mine = [hold for hold in found if is_visible(caller, hold, Permission.HOLD_PLACE)]
    await lock_titles(tx, [hold.record for hold in mine])
    closed = await change_store.close(
        tx, await _hopeless(tx, mine), HoldState.CANCELLED, ClosedWhy.TITLE_GONE, only_from=WAITING
    )
    await note_looks(tx, caller, mine, "cancel_unfillable")
    outcomes = {hold.id: _outcome(hold, closed) for hold in mine}
    answers = [
        Cancelled(hold=HoldId(hold), outcome=outcomes.get(HoldId(hold), CancelOutcome.NOT_FOUND))
        for hold in request.holds
    ]
    await remember(tx, "cancel_unfillable", key, request, answers)
    return answers


async def _hopeless(tx: Transaction, holds: Sequence[KnownHold]) -> list[HoldId]:
    """Those that nothing can fill as matching would decide now; their queues are locked."""
    at = await present_moment(tx)
    titles = await queue_store.read_titles(tx, sorted({hold.record for hold in holds}))
    plans = [plan_title(title.queue, title.copies, at) for title in titles.values()]
    wanted = {hold.id for hold in holds}
    found = sorted(hold for plan in plans for hold in plan.unfillable if hold in wanted)
    hopeful = await with_prospects(tx, at.settings, found, at.today) | await store.coming(tx, found)
    return [hold for hold in found if hold not in hopeful]


def _outcome(hold: KnownHold, closed: set[HoldId]) -> CancelOutcome:
    if hold.id in closed:
        return CancelOutcome.CANCELLED
    return CancelOutcome.OVER_ALREADY if hold.state in CLOSED else CancelOutcome.CAN_BE_FILLED
