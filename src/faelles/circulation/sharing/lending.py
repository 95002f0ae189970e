"""The lender's side: answering what other municipalities ask for, and sending it. Of their patrons nothing is known."""

from datetime import date, timedelta

from faelles.circulation.desk.hold_states import HoldState, may_become
from faelles.circulation.desk.lock_store import lock_title, lock_title_and_item
from faelles.circulation.holds import change_store, queue_store
from faelles.circulation.holds.counter import today_in
from faelles.circulation.holds.model import ClosedWhy
from faelles.circulation.holds.queue_rules import RANK_STEP
from faelles.circulation.sharing import lending_store, store
from faelles.circulation.sharing.counters import counter_of, counter_on
from faelles.circulation.sharing.lending_store import Asked, Fetched
from faelles.circulation.sharing.model import Incoming, RequestState, SendToBorrower, SentToBorrower
from faelles.circulation.transit.operations import place_of
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError
from faelles.people.model import Caller, Permission
from faelles.policies import model as policies
from faelles.policies.compiled import Settings
from faelles.policies.knobs import LOAN_DAYS
from faelles.policies.operations import current_settings


async def list_incoming(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[Incoming]:
    """What other municipalities have asked of us, and how far it has come."""
    caller.require(Permission.LOGISTICS)
    return await lending_store.list_incoming(tx, after=after, limit=limit)


async def accept_request(tx: Transaction, caller: Caller, request: int) -> Incoming:
    """Put it at the end of our own queue now, and not only at night.

    Raises ConflictError where it is answered already, where no agreement lets them borrow today, or where we have no
    copy that could be waited for.
    """
    caller.require(Permission.LOGISTICS)
    settings = await current_settings(tx)
    today = today_in(settings, tx)
    sent_from = counter_of(caller, settings, today, tx.now)
    asked = await _unanswered(tx, request)
    if not await lending_store.is_agreed(tx, asked.borrower, today):
        raise ConflictError("lending_not_agreed")
    await lock_title(tx, asked.shown.record)
    await _unanswered(tx, request)
    copies = await queue_store.read_supply(tx, [asked.shown.record])
    if sent_from is None or not any(copy.comes_back for _, copy in copies):
        raise ConflictError("lending_no_copy")
    incoming = store.Incoming(asked.borrower, request, asked.shown.record, is_agreed=True)
    await store.accept(tx, incoming, sent_from, today, RANK_STEP)
    return (await _found(tx, request)).shown


async def refuse_request(tx: Transaction, caller: Caller, request: int) -> Incoming:
    """Say no, also after having said yes, until a copy has left. The borrower asks somebody else; a copy fetched for it
    is free.
    """
    caller.require(Permission.LOGISTICS)
    settings = await current_settings(tx)
    counter_of(caller, settings, today_in(settings, tx), tx.now)
    await lock_title(tx, (await _found(tx, request)).shown.record)
    asked = await _found(tx, request)
    if not await lending_store.refuse(tx, asked):
        raise ConflictError("lending_too_late")
    if asked.shown.hold is not None:
        cancellable = may_become(HoldState.CANCELLED)
        await change_store.close(tx, [asked.shown.hold], HoldState.CANCELLED, ClosedWhy.STAFF, only_from=cancellable)
    return (await _found(tx, request)).shown


async def send_to_borrower(tx: Transaction, caller: Caller, request: SendToBorrower) -> SentToBorrower:
    """A copy that was fetched for a request leaves the house; until it is scanned here again it is with the borrower.

    Raises ConflictError for a copy that is for nobody else's request, or for one that was withdrawn.
    """
    caller.require(Permission.LOGISTICS)
    settings = await current_settings(tx)
    here = place_of(settings, request.branch)
    caller.require(Permission.LOGISTICS, here)
    seen = await lending_store.find_fetched(tx, request.item)
    if seen is None:
        raise ConflictError("not_for_lending")
    await lock_title_and_item(tx, seen.record, seen.item)
    copy = await lending_store.find_fetched(tx, request.item)
    if copy is None or copy != seen:
        raise ConflictError("not_for_lending")
    if copy.is_withdrawn:
        raise ConflictError("lending_withdrawn")
    due_on = _due_on(tx, settings, copy)
    await change_store.collect(tx, copy.item, copy.hold)
    await lending_store.send(tx, copy, here.branch, due_on)
    return SentToBorrower(request=copy.request, borrower=copy.borrower_isil, due_on=due_on)


def _due_on(tx: Transaction, settings: Settings, copy: Fetched) -> date:
    """As long as our rules let libraries keep it."""
    today = today_in(settings, tx)
    counter = counter_on(settings, today, tx.now)
    at_home = settings.at_branch(copy.owner_branch, copy.placement)
    subject = policies.Subject(
        item=at_home,
        patron=settings.at_division(counter.division) if counter else at_home,
        desk=at_home,
        patron_group=counter.group if counter else policies.ANY_PATRON,
        material_group=copy.material_group,
    )
    return today + timedelta(days=settings.policy.terms(subject, tx.now)[LOAN_DAYS].value)


async def _found(tx: Transaction, request: int) -> Asked:
    found = await lending_store.find_incoming(tx, request)
    if found is None:
        raise NotFoundError("lending_request_unknown")
    return found


async def _unanswered(tx: Transaction, request: int) -> Asked:
    found = await _found(tx, request)
    if found.shown.state is not RequestState.ASKED:
        raise ConflictError("lending_too_late")
    return found
