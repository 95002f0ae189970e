"""Copies on their way: which they are, sending one by hand, what is late or lost, books of other municipalities."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from faelles.circulation.desk.lock_store import lock_title_and_item
from faelles.circulation.transit import events, store
from faelles.circulation.transit.model import (
    BookHandedOver,
    ForeignShown,
    HandedOver,
    HandOver,
    JourneyReason,
    JourneyShown,
    SendItem,
)
from faelles.circulation.transit.store import FoundBook
from faelles.ground import idempotency
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, invalid_field
from faelles.ground.events import append
from faelles.ground.ids import BranchId
from faelles.ground.jobs import Slice
from faelles.people.model import Caller, Permission, Place
from faelles.policies.compiled import Settings
from faelles.policies.knob import Knob
from faelles.policies.knobs import TRANSIT_LATE_DAYS, TRANSIT_LOST_DAYS
from faelles.policies.model import Subject
from faelles.policies.operations import current_settings

_FREE = "available"
_SLICE = 200
"""Journeys given up in one transaction."""


async def list_journeys(
    tx: Transaction,
    caller: Caller,
    *,
    from_branch: BranchId | None = None,
    to_branch: BranchId | None = None,
    crate: int | None = None,
    only_overdue: bool = False,
    after: int = 0,
    limit: int = 50,
) -> list[JourneyShown]:
    """Copies on their way within the agency, the earliest first."""
    caller.require(Permission.LOGISTICS)
    return await store.list_journeys(
        tx,
        from_branch=from_branch,
        to_branch=to_branch,
        crate=crate,
        only_overdue=only_overdue,
        after=after,
        limit=limit,
    )


async def send_item(tx: Transaction, caller: Caller, request: SendItem, key: str | None = None) -> JourneyShown:
    """Send a copy that nobody has to another branch. Where it belongs does not change by that: scanned there, it goes
    on to wherever it is needed.

    Raises ConflictError for a copy that is out, or is bound to a hold.
    """
    caller.require(Permission.LOGISTICS)
    earlier = await idempotency.recall(tx, "send_item", key, request, JourneyShown)
    if earlier is not None:
        return earlier
    settings = await current_settings(tx)
    here = place_of(settings, request.branch)
    there = place_of(settings, request.to)
    caller.require(Permission.LOGISTICS, here)
    if here.branch == there.branch:
        raise invalid_field("to", "branches_alike")
    copy = await store.lock_copy(tx, request.item)
    if copy is None:
        raise NotFoundError("material_not_found")
    if copy.state != _FREE or copy.is_withdrawn:
        raise ConflictError("item_not_here")
    if copy.is_bound:
        raise ConflictError("item_is_held")
    journey = await store.send(tx, copy.item, here.branch, there.branch, JourneyReason.BY_HAND)
    sent = events.journey_sent(journey, copy.item, here.branch, there.branch, JourneyReason.BY_HAND)
    await append(tx, sent)
    shown = await store.journey_begun(tx, journey)
    await idempotency.remember(tx, "send_item", key, request, shown)
    return shown


def require_at_all(caller: Caller, permission: Permission, settings: Settings, branches: Iterable[int]) -> None:
    """What concerns several branches is for whoever holds the permission at each. Raises NotFoundError."""
    for place in [place_of(settings, branch) for branch in branches]:
        caller.require(permission, place)


def place_of(settings: Settings, branch: int) -> Place:
    """A branch of the agency, with its division. Raises NotFoundError."""
    found = settings.directory.branches.get(BranchId(branch))
    if found is None:
        raise NotFoundError("branch_unknown")
    return Place(found.division, found.id)


# -- What is late, and what is given up: every night


async def note_late(tx: Transaction, _day: date, _cursor: str | None) -> Slice:
    """Note the journeys that have lasted longer than the rule of the branch they go to allows; each is told once."""
    settings = await current_settings(tx)
    late = [
        each.id
        for each in await store.open_without_note(tx)
        if _is_past(tx, each, days_at(settings, tx, each.to_branch, TRANSIT_LATE_DAYS))
    ]
    noted = await store.note_late(tx, late)
    await append(
        tx,
        *(
            events.journey_overdue(row["id"], row["item_id"], row["from_branch_id"], row["to_branch_id"])
            for row in noted
        ),
    )
    return Slice(counts={"journeys_overdue": len(noted)})


async def give_up(tx: Transaction, _day: date, _cursor: str | None) -> Slice:
    """What has been on its way for too long is missing from now on; a hold it was bound to waits again, at its rank."""
    settings = await current_settings(tx)
    lost = [
        each
        for each in await store.open_and_late(tx)
        if _is_past(tx, each, days_at(settings, tx, each.to_branch, TRANSIT_LOST_DAYS))
    ]
    given_up = 0
    for each in lost[:_SLICE]:
        await lock_title_and_item(tx, each.record, each.item)
        has_ended, hold = await store.give_up(tx, each.id, each.record)
        if has_ended:
            given_up += 1
            await append(tx, events.journey_lost(each.id, each.item, each.to_branch, hold))
    return Slice(counts={"journeys_lost": given_up}, next="more" if len(lost) > _SLICE else None)


def _is_past(tx: Transaction, journey: store.Underway, days: int | None) -> bool:
    """Whether it was sent more than `days` days ago; None: never."""
    return days is not None and journey.sent_at + timedelta(days=days) < tx.now


def days_at(settings: Settings, tx: Transaction, branch: BranchId, knob: Knob[int] | Knob[int | None]) -> int | None:
    """What a knob of the desk's branch says there now."""
    place = settings.at_branch(branch)
    return settings.policy.terms(Subject(item=place, patron=place, desk=place), tx.now)[knob].value


# -- Books of other municipalities


async def list_foreign(
    tx: Transaction, caller: Caller, *, branch: BranchId | None = None, after: int = 0, limit: int = 50
) -> list[ForeignShown]:
    """Books of other municipalities that were handed in here and wait for a driver."""
    caller.require(Permission.LOGISTICS)
    return await store.found_here(tx, branch, after=after, limit=limit)


async def list_coming_home(
    tx: Transaction, caller: Caller, *, after: tuple[int, int] = (0, 0), limit: int = 50
) -> list[ForeignShown]:
    """Our books that other municipalities found and that were not seen at home since."""
    caller.require(Permission.LOGISTICS)
    return await store.coming_home(tx, after=after, limit=limit)


async def hand_over(tx: Transaction, caller: Caller, request: HandOver) -> list[BookHandedOver]:
    """The driver has them; what was handed over before stays as it was. Each book is answered by itself."""
    caller.require(Permission.LOGISTICS)
    here = place_of(await current_settings(tx), request.branch)
    caller.require(Permission.LOGISTICS, here)
    done = await store.hand_over(tx, here.branch, request.books)
    if done:
        await append(tx, events.foreign_handed_over(here.branch, len(done)))
    found = await store.found_books(tx, request.books)
    return [_handed_over(book, found.get(book), done) for book in request.books]


def _handed_over(book: int, found: FoundBook | None, done: AbstractSet[int]) -> BookHandedOver:
    if found is None:
        return BookHandedOver(book=book, outcome=HandedOver.NOT_FOUND)
    if book in done:
        outcome = HandedOver.HANDED_OVER
    else:
        outcome = HandedOver.BEFORE if found.is_handed_over else HandedOver.FOUND_ELSEWHERE
    return BookHandedOver(book=book, outcome=outcome, branch=found.branch)
