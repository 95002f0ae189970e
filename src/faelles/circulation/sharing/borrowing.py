"""The borrower's side: what was asked for comes, stands here as a placeholder, is lent like any other, goes home."""

from typing import Final

from faelles.circulation.desk.lock_store import lock_title
from faelles.circulation.holds.counter import today_in
from faelles.circulation.loans.model import ReturnRequest
from faelles.circulation.loans.operations import return_item
from faelles.circulation.sharing import borrowing_store, store
from faelles.circulation.sharing.borrowing_store import Wanted
from faelles.circulation.sharing.counters import counter_of
from faelles.circulation.sharing.model import Outgoing, ReceivedLent, ReceiveLent, RequestState
from faelles.circulation.transit.operations import place_of
from faelles.circulation.whereabouts.operations import send_placeholder_home
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.ground.ids import BranchId
from faelles.items.model import Item, NewPlaceholder
from faelles.items.placeholders.operations import expect_placeholder, receive_placeholder
from faelles.people.model import Caller, Permission
from faelles.policies.compiled import Settings
from faelles.policies.model import ANY_MATERIAL
from faelles.policies.operations import current_settings

_MATERIAL: Final = "interlibrary"
"""The material group of what is other libraries'."""
_UNDER_WAY: Final = frozenset({RequestState.ASKED, RequestState.ACCEPTED})


async def list_outgoing(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[Outgoing]:
    """What we have asked other municipalities for, and how far it has come."""
    caller.require(Permission.LOGISTICS)
    return await borrowing_store.list_outgoing(tx, after=after, limit=limit)


async def withdraw_request(tx: Transaction, caller: Caller, request: int) -> Outgoing:
    """We need it no longer. The hold waits on, and that lender is not asked for it again. Takes the permission where
    the patron wants it. Raises ConflictError once a copy has left, or there is nothing to withdraw.
    """
    caller.require(Permission.LOGISTICS)
    wanted = await _locked(tx, request)
    await _require_where_it_belongs(tx, caller, request)
    if wanted.shown.state not in _UNDER_WAY:
        raise ConflictError("lending_too_late")
    await borrowing_store.withdraw(tx, request)
    return (await _locked(tx, request)).shown


async def receive_lent(tx: Transaction, caller: Caller, request: int, there: ReceiveLent) -> ReceivedLent:
    """A copy that was sent to us is here: it stands as a placeholder from now on, bound to the hold it came for where
    that still waits, and is checked in like any other. Raises ConflictError for what was not sent, or came before.
    """
    caller.require(Permission.LOGISTICS)
    settings = await current_settings(tx)
    here = place_of(settings, there.branch)
    caller.require(Permission.LOGISTICS, here)
    wanted = await _locked(tx, request)
    if wanted.shown.state is not RequestState.SENT or here.branch is None:
        raise ConflictError("lending_not_sent")
    item = await _stand_in(tx, caller, settings, wanted.shown, here.branch)
    await borrowing_store.receive(tx, request, item.id, here.branch)
    await lock_title(tx, wanted.shown.record)
    if wanted.shown.hold is not None and await borrowing_store.still_waits(tx, wanted.shown.hold):
        await borrowing_store.capture(tx, wanted.shown.hold, item.id)
    answer = await return_item(tx, caller, ReturnRequest(item=item.number, branch=here.branch))
    return ReceivedLent(number=item.number, answer=answer)


async def return_to_lender(tx: Transaction, caller: Caller, request: int) -> Outgoing:
    """The copy goes home; its lender sees that it is on its way. Raises ConflictError while somebody has it, or it is
    kept for somebody.
    """
    caller.require(Permission.LOGISTICS)
    wanted = await _locked(tx, request)
    if wanted.shown.state is not RequestState.RECEIVED or wanted.placeholder is None:
        raise ConflictError("lending_not_here")
    await send_placeholder_home(tx, caller, wanted.placeholder)
    await store.note_returned(tx)
    return (await _locked(tx, request)).shown


async def _require_where_it_belongs(tx: Transaction, caller: Caller, request: int) -> None:
    """At the branch where the patron wants it; at the counter where nobody does any more. Raises ForbiddenError."""
    settings = await current_settings(tx)
    pickup = await borrowing_store.pickup_of(tx, request)
    if pickup is None:
        counter_of(caller, settings, today_in(settings, tx), tx.now)
    else:
        caller.require(Permission.LOGISTICS, place_of(settings, pickup))


async def _stand_in(tx: Transaction, caller: Caller, settings: Settings, sent: Outgoing, branch: BranchId) -> Item:
    """A placeholder under the lender's number, or under one of ours where we know that number already."""
    shelf = min((place.id for place in settings.directory.placements.values() if place.branch == branch), default=None)
    if shelf is None:
        raise ConflictError("branch_without_shelves")
    known = (group for group, each in settings.material_groups.items() if each.code == _MATERIAL)
    material = next(known, ANY_MATERIAL)
    is_taken = sent.item is None or await borrowing_store.is_known(tx, sent.item)
    expected = NewPlaceholder(
        record=sent.record,
        owner_branch=branch,
        default_placement=shelf,
        material_group=material,
        lender_isil=sent.lender,
        lender_reference=sent.item,
        lender_due_on=sent.due_on,
        number=None if is_taken else sent.item,
    )
    item = await expect_placeholder(tx, caller, expected)
    return await receive_placeholder(tx, caller, item.id)


async def _locked(tx: Transaction, request: int) -> Wanted:
    found = await borrowing_store.lock_outgoing(tx, request)
    if found is None:
        raise NotFoundError("lending_request_unknown")
    return found
