"""Fetching what is planned for holds: who is on the way for what, what was found, what was not."""

from datetime import datetime, timedelta

from faelles.circulation.desk.lock_store import lock_title_and_item
from faelles.circulation.loans.model import ReturnAnswer, ReturnRequest
from faelles.circulation.loans.operations import RETURN, return_item
from faelles.circulation.picking import events, store
from faelles.circulation.picking.model import ClaimPicks, ConfirmPick, GiveBackPicks, Missed, NotOnShelf, Pick
from faelles.circulation.transit.operations import place_of
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.events import append
from faelles.ground.idempotency import answered, recall, remember
from faelles.ground.ids import BranchId, HoldId
from faelles.people.model import Caller, Permission, Place
from faelles.policies.compiled import Settings
from faelles.policies.knobs import PICK_CLAIM_MINUTES
from faelles.policies.model import Subject
from faelles.policies.operations import current_settings

_FROM_THE_START = ("", 0)


async def list_picks(
    tx: Transaction,
    caller: Caller,
    branch: BranchId,
    *,
    after: tuple[str, int] = _FROM_THE_START,
    only_free: bool = False,
    limit: int = 50,
) -> list[Pick]:
    """What is to be fetched in the branch just now, in shelf order; `only_free`: what nobody is on the way for."""
    await _at(tx, caller, branch)
    return await store.list_picks(tx, branch, after=after, only_free=only_free, limit=limit)


async def claim_picks(tx: Transaction, caller: Caller, request: ClaimPicks) -> list[Pick]:
    """Be on the way for some of it: the picks that are the caller's from now on, in shelf order, until the claim runs
    out. What somebody else has taken on stays theirs.
    """
    settings, here = await _at(tx, caller, request.branch)
    branch = here.branch
    path = settings.at_branch(branch)
    terms = settings.policy.terms(Subject(item=path, patron=path, desk=path), tx.now)
    until = tx.now + timedelta(minutes=terms[PICK_CLAIM_MINUTES].value)
    if request.holds:
        there = [pick.hold for pick in await store.these_picks(tx, branch, [HoldId(hold) for hold in request.holds])]
        return await store.these_picks(tx, branch, await store.claim(tx, there, until))
    claimed = await _claim_free(tx, branch, request.most, until)
    return await store.these_picks(tx, branch, claimed)


async def _claim_free(tx: Transaction, branch: BranchId, most: int, until: datetime) -> list[HoldId]:
    """The first `most` that are free. Where somebody else took some of them at the same moment, the next ones."""
    claimed: list[HoldId] = []
    while len(claimed) < most:
        free = await store.list_picks(tx, branch, after=_FROM_THE_START, only_free=True, limit=most - len(claimed))
        if not free:
            break
        claimed += await store.claim(tx, [pick.hold for pick in free], until)
    return claimed


async def give_back_picks(tx: Transaction, caller: Caller, request: GiveBackPicks) -> list[HoldId]:
    """Which of the caller's claims ended by this."""
    _, here = await _at(tx, caller, request.branch)
    return await store.give_back(tx, here.branch, request.holds)


async def confirm_pick(tx: Transaction, caller: Caller, request: ConfirmPick, key: str | None = None) -> ReturnAnswer:
    """The copy is in hand: a check-in like any other, so that it goes to whoever is first in line at this moment.

    Raises ConflictError for a copy that nobody asked for.
    """
    _, here = await _at(tx, caller, request.branch)
    is_repeat = await answered(tx, RETURN, key, object) is not None
    if not is_repeat and not await store.is_planned(tx, here.branch, request.item):
        raise ConflictError("not_on_pick_list")
    return await return_item(tx, caller, ReturnRequest(item=request.item, branch=request.branch), key)


async def note_not_on_shelf(tx: Transaction, caller: Caller, request: NotOnShelf, key: str | None = None) -> int:
    """The copy was not found: how often that happened to this hold, which now waits for another copy.

    Raises NotFoundError for a hold that no copy is planned for, ConflictError where somebody else is on the way for it,
    and where another copy than the one that was looked for is planned by now.
    """
    caller.require(Permission.LOGISTICS)
    earlier = await recall(tx, "note_not_on_shelf", key, request, int)
    if earlier is not None:
        return earlier
    planned = await store.planned_for(tx, request.hold)
    if planned is None:
        raise NotFoundError("not_on_pick_list")
    await _at(tx, caller, planned.branch)
    if request.item not in {None, planned.item_number}:
        raise ConflictError("pick_is_another")
    if planned.claimed_by not in {None, str(tx.actor)}:
        raise ConflictError("pick_is_claimed")
    await lock_title_and_item(tx, planned.record, planned.item)
    tries = await store.miss(tx, planned)
    if tries is None:
        raise ConflictError("not_on_pick_list")
    await append(tx, events.not_on_shelf(planned.hold, planned.item, planned.branch, tries))
    await remember(tx, "note_not_on_shelf", key, request, tries)
    return tries


# -- The search list


async def list_searches(
    tx: Transaction, caller: Caller, *, branch: BranchId | None = None, after: int = 0, limit: int = 50
) -> list[Missed]:
    """Copies that were looked for in vain. One that is scanned anywhere leaves the list by itself."""
    caller.require(Permission.LOGISTICS)
    return await store.list_searches(tx, branch, after=after, limit=limit)


async def give_up_search(tx: Transaction, caller: Caller, search: int) -> None:
    """The copy is missing. Raises NotFoundError for a search that is over."""
    caller.require(Permission.LOGISTICS)
    found = await store.find_search(tx, search)
    if found is None:
        raise NotFoundError("search_unknown")
    await _at(tx, caller, found.branch)
    item = await store.declare_missing(tx, search)
    if item is not None:
        await append(tx, events.item_missing(item, found.branch))


async def _at(tx: Transaction, caller: Caller, branch: int) -> tuple[Settings, Place]:
    """A branch where the caller may fetch."""
    caller.require(Permission.LOGISTICS)
    settings = await current_settings(tx)
    here = place_of(settings, branch)
    caller.require(Permission.LOGISTICS, here)
    return settings, here
