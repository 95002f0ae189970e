"""Changing, moving and cancelling holds that there are."""

from collections.abc import Sequence

import msgspec

from faelles.circulation.desk.blocks import CirculationRefusedError, judge
from faelles.circulation.desk.hold_states import BOUND, CLOSED, OPEN, WAITING, HoldState, may_become
from faelles.circulation.desk.lock_store import lock_title, lock_title_and_item
from faelles.circulation.desk.opening import check_override
from faelles.circulation.desk.repeats import repeatable
from faelles.circulation.desk.scans import Scanned, require_proven
from faelles.circulation.holds import change_store as store
from faelles.circulation.holds.change_store import KnownHold
from faelles.circulation.holds.counter import open_counter, permissions_in
from faelles.circulation.holds.model import (
    CancelHolds,
    Cancelled,
    CancelOutcome,
    ChangeHold,
    ClosedWhy,
    MoveHold,
    Target,
    Wish,
)
from faelles.circulation.holds.placing import Subject, check_dates, check_order, find_subject, placing_case
from faelles.circulation.holds.placing_rules import find_place_blocks
from faelles.circulation.holds.queue_rules import RANK_STEP, Ranked, new_place, rank_at
from faelles.circulation.holds.store import load_placing
from faelles.ground.access import record_access
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import BranchId, HoldId
from faelles.people.model import Caller, Permission


def is_visible(caller: Caller, hold: KnownHold, permission: Permission) -> bool:
    """Whether a hold is the caller's to see: a patron's own, or of a division where they hold the permission."""
    if caller.patron is not None:
        return hold.patron == caller.patron
    return permission in permissions_in(caller, hold.division)


async def find_hold(tx: Transaction, caller: Caller, hold: int, permission: Permission) -> KnownHold:
    """The hold, for a caller who may see it; else there is none. Recording the look is left to the verb."""
    caller.require(caller.own_or(permission))
    found = await store.find_holds(tx, [hold])
    if not found or not is_visible(caller, found[0], permission):
        raise NotFoundError("hold_unknown")
    return found[0]


async def cancel_holds(
    tx: Transaction, caller: Caller, request: CancelHolds, key: str | None = None
) -> list[Cancelled]:
    """Cancel holds, each answered by itself. Patrons cancel their own while no copy is bound; staff any."""
    caller.require(caller.own_or(Permission.HOLD_PLACE))
    require_proven(caller)
    if earlier := await recall(tx, "cancel_holds", key, request, list[Cancelled]):
        return earlier
    found = await store.find_holds(tx, request.holds)
    mine = [hold for hold in found if is_visible(caller, hold, Permission.HOLD_PLACE)]
    is_patron = caller.patron is not None
    closed = await store.close(
        tx,
        [hold.id for hold in mine],
        HoldState.CANCELLED,
        ClosedWhy.PATRON if is_patron else ClosedWhy.STAFF,
        only_from=WAITING if is_patron else may_become(HoldState.CANCELLED),
    )
    await note_looks(tx, caller, mine, "cancel_hold")
    outcomes = {hold.id: _cancelled(hold, closed) for hold in mine}
    answers = [
        Cancelled(hold=HoldId(hold), outcome=outcomes.get(HoldId(hold), CancelOutcome.NOT_FOUND))
        for hold in request.holds
    ]
    await remember(tx, "cancel_holds", key, request, answers)
    return answers


def _cancelled(hold: KnownHold, closed: set[HoldId]) -> CancelOutcome:
    if hold.id in closed:
        return CancelOutcome.CANCELLED
    return CancelOutcome.OVER_ALREADY if hold.state in CLOSED else CancelOutcome.ON_ITS_WAY


async def note_looks(tx: Transaction, caller: Caller, holds: Sequence[KnownHold], operation: str) -> None:
    """Record that somebody else than their patrons had to do with holds."""
    if caller.patron is None:
        await record_access(tx, operation, sorted({hold.patron for hold in holds if hold.patron is not None}))


async def change_hold(
    tx: Transaction, caller: Caller, hold: HoldId, request: ChangeHold, key: str | None = None
) -> None:
    """Change pickup branch or dates. CirculationRefusedError lists what stands against the new branch.

    What is ready for pickup goes on its way again when the branch changes, which only staff may ask for.
    """
    require_proven(caller)
    check_override(request.overrides, request.reason)
    if await recall(tx, "change_hold", key, (hold, request), bool):
        return
    known = await find_hold(tx, caller, hold, Permission.HOLD_PLACE)
    await note_looks(tx, caller, [known], "change_hold")
    _check_changeable(caller, known, request)
    overridden = await _step_over(tx, caller, known, request)
    # The title is locked from here on: what matching has done to the hold meanwhile is seen, and it does no more.
    known = await find_hold(tx, caller, hold, Permission.HOLD_PLACE)
    _check_changeable(caller, known, request)
    new = store.Change(
        pickup=known.pickup if request.pickup is None else BranchId(request.pickup),
        interest_until=request.interest_until or known.interest_until,
        active_from=known.active_from if request.active_from is msgspec.UNSET else request.active_from,
        overridden=overridden,
        reason=request.reason,
    )
    if (new.interest_until, new.active_from) != (known.interest_until, known.active_from):
        asked = "interest_until" if request.active_from is msgspec.UNSET else "active_from"
        check_order(asked, new.interest_until, new.active_from)
    if not await store.change(tx, known, new):
        raise ConflictError("hold_changed_meanwhile")
    await remember(tx, "change_hold", key, (hold, request), answer=True)


def _check_changeable(caller: Caller, known: KnownHold, request: ChangeHold) -> None:
    moves = request.pickup is not None and request.pickup != known.pickup
    if known.state in CLOSED:
        raise ConflictError("hold_is_over")
    if moves and known.state in BOUND and caller.patron is not None:
        raise ConflictError("hold_on_its_way")


async def _step_over(tx: Transaction, caller: Caller, known: KnownHold, request: ChangeHold) -> list[str]:
    """Lock the patron and the title, check the dates and the new branch; the blocks that are stepped over."""
    if known.patron is None:
        raise NotFoundError("hold_unknown")
    wish = _wish_of(known)
    who = Scanned(patron=known.patron, keys=(), attempt=b"")
    facts = await load_placing(tx, who, [wish], repeatable("change_hold", None))
    permission = caller.own_or(Permission.HOLD_PLACE)
    counter = await open_counter(tx, caller, facts.revision, request.pickup or known.pickup, permission)
    new_start = None if request.active_from is msgspec.UNSET else request.active_from
    check_dates(request.interest_until, new_start, counter.today)
    subject = find_subject(wish, facts)
    if request.pickup in {None, known.pickup} or facts.patron is None or not isinstance(subject, Subject):
        return []
    found = find_place_blocks(placing_case(counter, facts, facts.patron, facts.holds, subject))
    judgement = judge(found, request.overrides, counter.permissions)
    if not judgement.allows:
        raise CirculationRefusedError(judgement.standing)
    return [each.code.value for each in judgement.overridden]


def _wish_of(hold: KnownHold) -> Wish:
    """What was wished for when the hold was placed."""
    if hold.target is Target.ITEM:
        return Wish(item=hold.wanted_number)
    if hold.target is Target.ISSUE:
        return Wish(issue=hold.issue)
    return Wish(record=hold.record, material_group=hold.wanted_group)


async def move_hold(tx: Transaction, caller: Caller, hold: HoldId, request: MoveHold, key: str | None = None) -> int:
    """Give a hold that waits another place among those who wait for the same copies, on record with the reason; its new
    position, from 1.
    """
    caller.require(Permission.HOLD_MOVE)
    earlier = await recall(tx, "move_hold", key, (hold, request), int)
    if earlier is not None:
        return earlier
    known = await find_hold(tx, caller, hold, Permission.HOLD_MOVE)
    await note_looks(tx, caller, [known], "move_hold")
    await lock_title(tx, known.record)
    queue = await store.competitors(tx, hold, WAITING)
    order = [each.hold for each in queue]
    if hold not in order:
        raise ConflictError("hold_waits_no_longer")
    place = new_place(order, hold, request.to, None if request.before is None else HoldId(request.before))
    if place is None:
        raise invalid_field("before", "hold_not_in_queue")
    if place != order.index(hold):
        await _put(tx, known, queue, place)
        await store.note_move(tx, known, (order.index(hold) + 1, place + 1), request.reason)
    await remember(tx, "move_hold", key, (hold, request), place + 1)
    return place + 1


async def _put(tx: Transaction, moving: KnownHold, queue: Sequence[Ranked], place: int) -> None:
    """Set a rank between the neighbours; where they stand too close all are put apart first. Bound holds keep ranks of
    their own, which are in the way of nobody but must not be taken.
    """
    everybody = await store.queue_of(tx, moving.record, OPEN)
    rank = rank_at(*_among(everybody, queue, moving.id, place))
    if rank is None:
        await store.spread(tx, moving.record, RANK_STEP)
        rank = rank_at(*_among(await store.queue_of(tx, moving.record, OPEN), queue, moving.id, place))
    if rank is None:
        raise ConflictError("hold_changed_meanwhile")
    await store.set_rank(tx, moving.id, rank)


def _among(
    everybody: Sequence[Ranked], queue: Sequence[Ranked], moving: HoldId, place: int
) -> tuple[int, list[Ranked]]:
    """The place among all open holds that is `place` among those that wait, less the one that moves."""
    others = [each for each in everybody if each.hold != moving]
    waiting = [each.hold for each in queue if each.hold != moving]
    if place == len(waiting):
        return len(others), others
    return [each.hold for each in others].index(waiting[place]), others


async def put_back_hold(tx: Transaction, caller: Caller, hold: HoldId, key: str | None = None) -> None:
    """The copy that was set aside is given up: the hold waits again, at its rank. Whoever has the copy in hand scans
    it, and the scan says where it goes. Raises ConflictError where no copy is bound.
    """
    caller.require(Permission.HOLD_MOVE)
    if await recall(tx, "put_back_hold", key, hold, bool):
        return
    known = await find_hold(tx, caller, hold, Permission.HOLD_MOVE)
    await note_looks(tx, caller, [known], "put_back_hold")
    if known.state not in BOUND or known.item is None:
        raise ConflictError("hold_has_no_copy")
    await lock_title_and_item(tx, known.record, known.item)
    if not await store.put_back(tx, known, known.item):
        raise ConflictError("hold_changed_meanwhile")
    await remember(tx, "put_back_hold", key, hold, answer=True)
