"""Looking at holds: by patron, by title, by pickup branch, one by one, and why they stand where they stand."""

from collections.abc import Sequence
from typing import Final

import msgspec

from faelles.circulation.desk.hold_states import WAITING, HoldState
from faelles.circulation.holds import queue_store
from faelles.circulation.holds import reading_store as store
from faelles.circulation.holds.counter import permissions_in
from faelles.circulation.holds.facts import Waiting, compete
from faelles.circulation.holds.locals import as_served, places_in_line
from faelles.circulation.holds.matcher import plan_title, present_moment
from faelles.circulation.holds.matching import Assigned, Plan
from faelles.circulation.holds.model import HoldExplained, HoldShown, InQueue
from faelles.circulation.holds.reading_store import FoundHold
from faelles.circulation.holds.waits import comings_of, reckoned
from faelles.ground.access import record_access
from faelles.ground.actor import ActorKind
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import BranchId, HoldId, ItemNumber, PatronId, RecordId
from faelles.patrons.reach import patron_for
from faelles.people.model import Caller, Permission, Place, listed
from faelles.policies.operations import current_settings

_LOG_SHOWN = 50
BEFORE_ALL: Final = -(2**62)
"""A rank before every hold's: those at the top of a queue may be below nought."""


async def holds_of_patron(
    tx: Transaction,
    caller: Caller,
    patron: PatronId,
    *,
    is_open: bool = True,
    after: int = 0,
    limit: int = 50,
    is_known: bool = False,
) -> list[HoldShown]:
    """A patron's holds, for staff those of the divisions they work for, for the patron their own. Those that are over
    are there only as long as retention lets them be. `is_known`: the caller was let through to the patron in this
    transaction.
    """
    permission = caller.own_or(Permission.HOLD_VIEW)
    if not is_known:
        await patron_for(tx, caller, patron, permission, "holds_of_patron")
    divisions = caller.divisions(permission)
    found = await store.of_patron(
        tx,
        patron,
        is_open=is_open,
        divisions=listed(divisions),
        after=after,
        limit=limit,
    )
    return await _told(tx, caller, found)


async def holds_of_title(
    tx: Transaction, caller: Caller, record: RecordId, *, after: int = BEFORE_ALL, limit: int = 50
) -> tuple[list[HoldShown], int | None]:
    """The open holds of a title by rank, and what to go on after. A look at everybody who waits."""
    caller.require(Permission.HOLD_VIEW)
    divisions = caller.divisions(Permission.HOLD_VIEW)
    found = await store.of_title(tx, record, divisions=listed(divisions), after=after, limit=limit)
    await _note_looks(tx, caller, found, "holds_of_title")
    return await _told(tx, caller, found), found[-1].rank if len(found) == limit else None


async def holds_at_branch(
    tx: Transaction,
    caller: Caller,
    branch: BranchId,
    *,
    states: Sequence[HoldState] | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[HoldShown]:
    """The open holds to be picked up at a branch, for staff who may see holds there."""
    caller.require(Permission.HOLD_VIEW)
    known = (await current_settings(tx)).directory.branches.get(branch)
    if known is None:
        raise NotFoundError("branch_unknown")
    caller.require(Permission.HOLD_VIEW, Place(known.division, branch))
    found = await store.of_branch(tx, branch, states=states, after=after, limit=limit)
    await _note_looks(tx, caller, found, "holds_at_branch")
    return await _told(tx, caller, found)


async def _note_looks(tx: Transaction, caller: Caller, found: Sequence[FoundHold], operation: str) -> None:
    if caller.patron is None:
        await record_access(tx, operation, sorted({each.shown.patron for each in found if each.shown.patron}))


async def _told(tx: Transaction, caller: Caller, found: Sequence[FoundHold]) -> list[HoldShown]:
    """As the caller may read them, each with its place in line."""
    places = await places_in_line(tx, [each.shown for each in found])
    shown = [
        msgspec.structs.replace(each.shown, position=places.get(each.shown.id, each.shown.position)) for each in found
    ]
    return shown if caller.patron is None else [_for_its_patron(each) for each in shown]


def _for_its_patron(shown: HoldShown) -> HoldShown:
    """Patrons know who they are, and need not know which copy it will be."""
    is_bound = shown.state not in WAITING
    return msgspec.structs.replace(
        shown,
        patron=None,
        item=shown.item if is_bound else None,
        item_number=shown.item_number if is_bound else None,
        state=HoldState.PENDING if shown.state is HoldState.MATCHED else shown.state,
    )


async def show_hold(tx: Transaction, caller: Caller, hold: HoldId) -> HoldShown:
    (shown,) = await _told(tx, caller, [await _find(tx, caller, hold, "show_hold")])
    return shown


async def holds_listed(
    tx: Transaction, caller: Caller, holds: Sequence[HoldId], operation: str
) -> dict[HoldId, HoldShown]:
    """The holds of a list that the caller was let see, the looks recorded."""
    found = await store.of_list(tx, holds)
    await _note_looks(tx, caller, found, operation)
    return {each.id: each for each in await _told(tx, caller, found)}


async def may_be_named(tx: Transaction, caller: Caller, hold: HoldId, patron: PatronId | None) -> bool:
    """Whether another library's program may speak of the hold: it is the named patron's, or the program placed it.
    Nobody is looked at by that.
    """
    if patron is not None:
        return await store.is_of(tx, hold, patron)
    return caller.actor.kind is ActorKind.CLIENT and await store.is_placed_by(tx, hold, caller.actor.id)


async def _find(tx: Transaction, caller: Caller, hold: HoldId, operation: str) -> FoundHold:
    """A hold the caller may see, the look recorded; else there is none."""
    caller.require(caller.own_or(Permission.HOLD_VIEW))
    found = await store.find(tx, hold)
    if found is None:
        raise NotFoundError("hold_unknown")
    is_mine = caller.patron is not None and found.shown.patron == caller.patron
    if not is_mine and Permission.HOLD_VIEW not in permissions_in(caller, found.division):
        raise NotFoundError("hold_unknown")
    await _note_looks(tx, caller, [found], operation)
    return found


async def explain_hold(tx: Transaction, caller: Caller, hold: HoldId) -> HoldExplained:
    """Why the hold has the copy it has or none, and how long yet, as matching would decide at this moment."""
    found = await _find(tx, caller, hold, "explain_hold")
    (shown,) = await _told(tx, caller, [found])
    log = await store.match_log(tx, hold, _LOG_SHOWN) if caller.patron is None else []
    if found.shown.state not in WAITING:
        return HoldExplained(hold=shown, here=None, wait=None, log=tuple(log))
    at = await present_moment(tx)
    title = (await queue_store.read_titles(tx, [found.shown.record]))[found.shown.record]
    copies, queue = title.copies, as_served(title.queue, title.copies, at)
    place = next((number for number, each in enumerate(queue) if each.id == hold), None)
    if place is None:
        return HoldExplained(hold=shown, here=None, wait=None, log=tuple(log))
    before = [each for each in queue[: place + 1] if compete(each, queue[place])]
    line = _line(before, plan_title(queue, copies, at), {copy.item: copy.number for copy in copies})
    wait = reckoned(queue, place, copies, await comings_of(tx, copies, at), at)
    if caller.patron is not None:
        return HoldExplained(hold=shown, here=_for_patron(line[-1]), wait=wait)
    return HoldExplained(hold=shown, here=line[-1], wait=wait, queue=tuple(line), log=tuple(log))


def _line(queue: Sequence[Waiting], plan: Plan, numbers: dict[int, ItemNumber]) -> list[InQueue]:
    """Those in line for the same copies, each with what it gets."""
    assigned = {each.hold: each for each in plan.assigned}
    return [_in_line(hold, number, assigned.get(hold.id), plan, numbers) for number, hold in enumerate(queue, 1)]


def _in_line(
    hold: Waiting, position: int, gets: Assigned | None, plan: Plan, numbers: dict[int, ItemNumber]
) -> InQueue:
    if gets is None:
        return InQueue(hold=hold.id, position=position, why_not=plan.why_not(hold.id).value)
    return InQueue(
        hold=hold.id,
        position=position,
        item=gets.item,
        item_number=numbers[gets.item],
        reach=gets.cost.reach.value,
        days=gets.cost.days,
        next_reach=gets.over.reach.value if gets.over else None,
    )


def _for_patron(here: InQueue) -> InQueue:
    return InQueue(hold=here.hold, position=here.position, reach=here.reach, days=here.days, why_not=here.why_not)
