"""What our patrons want from other libraries: from the wish to the copy's way home. Load, lock, decide, write, emit."""

from datetime import datetime

from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutAnswer, CheckoutRequest, Outcome
from faelles.circulation.loans.operations import checkout
from faelles.circulation.whereabouts.operations import send_placeholder_home
from faelles.ground import events
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Read, Transaction
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError, invalid_field
from faelles.ground.ids import BranchId, ItemNumber, LoanId, PatronId, RecordId
from faelles.interlibrary import rules, store
from faelles.interlibrary.events import moved
from faelles.interlibrary.model import (
    Awaited,
    Deny,
    Direction,
    LendAt,
    NewRequest,
    PlaceOrder,
    Receive,
    Request,
    State,
)
from faelles.interlibrary.partners import partner_of
from faelles.interlibrary.port import Partner
from faelles.items.model import NewPlaceholder
from faelles.items.operations import found_item
from faelles.items.placeholders.operations import expect_placeholder, receive_placeholder
from faelles.notices.model import kinds
from faelles.notices.planning.operations import tell
from faelles.patrons import store as patrons
from faelles.patrons.reach import looked_at, patron_for, patron_to_change
from faelles.people.model import Caller, Permission, Place, listed


async def request_title(tx: Transaction, caller: Caller, patron: PatronId, request: NewRequest) -> Request:
    """Ask for a title that the library does not have: at the desk for a patron, or the patron."""
    permission = caller.own_or(Permission.HOLD_PLACE)
    known = await patron_to_change(tx, caller, patron, permission, "request_title")
    branch = BranchId(request.branch)
    division = (await patrons.branch(tx, branch)).division
    if caller.patron is None:
        caller.require(permission, Place(division, branch))
    made = await store.insert(
        tx, Direction.BORROWING, known.id, request.wanted, division=division, branch=branch, note=request.note
    )
    return await _told(tx, made, State.REQUESTED)


async def order(
    database: Database, caller: Caller, installation: Installation, request: int, asked: PlaceOrder
) -> Request:
    """Order from another library. The order goes out before it is noted; sent again, it is the same order there.

    Raises ConflictError for a request that is past ordering, RefusedError where the other library says no,
    UnavailableError where nobody answers.
    """

    async def prepare(tx: Transaction) -> tuple[Request, Partner, str, datetime]:
        known = await _known(tx, caller, request)
        _must_follow(known, State.ORDERED)
        return known, *await partner_of(tx, installation), tx.now

    async def note(tx: Transaction) -> Request:
        _must_follow(await _locked(tx, caller, request), State.ORDERED)
        await store.move(tx, request, State.ORDERED, partner=asked.partner_isil)
        return await _told(tx, request, State.ORDERED)

    known, partner, ours, now = await database.run(caller.agency, caller.actor, prepare)
    if not await partner.order(ours, asked.partner_isil, known.id, known.wanted, now):
        raise RefusedError("interlibrary_order_refused")
    return await database.run(caller.agency, caller.actor, note)


async def receive(tx: Transaction, caller: Caller, request: int, asked: Receive) -> Request:
    """The other library's copy has come: it becomes a placeholder item, which may be lent from now on."""
    known = await _locked(tx, caller, request)
    _must_follow(known, State.RECEIVED)
    record = asked.record or known.record
    if record is None or known.partner_isil is None:
        raise invalid_field("record", "interlibrary_record_needed")
    expected = NewPlaceholder(
        record=record,
        owner_branch=known.branch,
        default_placement=asked.placement,
        material_group=asked.material_group,
        lender_isil=known.partner_isil,
        lender_reference=str(known.id),
        lender_due_on=asked.lender_due_on,
        number=asked.number,
    )
    item = await expect_placeholder(tx, caller, expected)
    await receive_placeholder(tx, caller, item.id)
    await store.move(tx, request, State.RECEIVED, item=item.id, record=RecordId(record))
    arrived = kinds()["interlibrary_arrived"]
    await tell(tx, arrived, known.patron, known.division, occasion=f"interlibrary/{known.id}")
    return await _told(tx, request, State.RECEIVED)


async def lend(tx: Transaction, caller: Caller, keyring: Keyring, request: int, asked: LendAt) -> CheckoutAnswer:
    """Lend what has come to whoever asked for it: an ordinary check-out, refused for ordinary reasons."""
    known = await _locked(tx, caller, request)
    _must_follow(known, State.LENT)
    number: ItemNumber = (await found_item(tx, known.item)).number if known.item else ItemNumber("")
    wanted = CheckoutRequest(borrower=Borrower(patron=known.patron), item=number, branch=asked.branch)
    answer = await checkout(tx, caller, keyring, wanted)
    if answer.outcome is Outcome.LENT and answer.loan is not None:
        await store.move(tx, request, State.LENT, loan=LoanId(answer.loan))
        await _told(tx, request, State.LENT)
    return answer


async def close(tx: Transaction, caller: Caller, request: int) -> Request:
    """Send the copy home. Raises ConflictError where it is still out, or never came."""
    known = await _locked(tx, caller, request)
    _must_follow(known, State.CLOSED)
    if known.item is not None:
        await send_placeholder_home(tx, caller, known.item)
    await store.move(tx, request, State.CLOSED)
    return await _told(tx, request, State.CLOSED)


async def deny(tx: Transaction, caller: Caller, request: int, asked: Deny) -> Request:
    """Say no, with the reason that the patron is told."""
    _must_follow(await _locked(tx, caller, request), State.DENIED)
    await store.move(tx, request, State.DENIED, why=asked.reason)
    return await _told(tx, request, State.DENIED)


async def cancel(tx: Transaction, caller: Caller, request: int) -> Request:
    """Think better of it, until the copy has come: at the desk, or the patron."""
    _must_follow(await _locked(tx, caller, request), State.CANCELLED)
    await store.move(tx, request, State.CANCELLED)
    return await _told(tx, request, State.CANCELLED)


async def requests_of(
    tx: Transaction, caller: Caller, patron: PatronId, *, after: int = 0, limit: int = 50
) -> list[Request]:
    """All of a patron's requests, for staff those of the divisions they see."""
    permission = caller.own_or(Permission.HOLD_VIEW)
    await patron_for(tx, caller, patron, permission, "interlibrary_requests")
    divisions = caller.divisions(permission)
    found = await store.of_patron(tx, patron, after=after, limit=limit)
    return [each for each in found if divisions is None or each.division in divisions]


def awaited_asked_for(tx: Transaction, caller: Caller) -> Read[list[Awaited]]:
    """What the caller waits for from other libraries, in the divisions where they may see their own: a question for
    `Transaction.together`.
    """
    return store.awaited(tx, caller.oneself(), listed(caller.divisions(Permission.OWN_ACCOUNT)))


async def show_request(tx: Transaction, caller: Caller, request: int) -> Request:
    """One request, to whoever deals with it; the look is recorded."""
    known = await _known(tx, caller, request)
    await looked_at(tx, caller, "interlibrary_requests", [known.patron])
    return known


async def open_requests(tx: Transaction, caller: Caller, *, after: int = 0, limit: int = 50) -> list[Request]:
    """What is to be done: everything that is neither closed nor denied, in both directions; each look is recorded."""
    caller.require(Permission.HOLD_VIEW)
    found = await store.open_requests(tx, listed(caller.divisions(Permission.HOLD_VIEW)), after=after, limit=limit)
    await looked_at(tx, caller, "interlibrary_requests", sorted({each.patron for each in found}))
    return found


async def _known(tx: Transaction, caller: Caller, request: int) -> Request:
    """A request that is the caller's to deal with: staff's of its division, or the patron's own to cancel."""
    permission = caller.own_or(Permission.HOLD_PLACE)
    caller.require(permission)
    found = await store.find(tx, request)
    divisions = caller.divisions(permission)
    is_reached = found is not None and (divisions is None or found.division in divisions)
    if found is None or not is_reached or caller.patron not in (None, found.patron):
        raise NotFoundError("interlibrary_request_unknown")
    return found


async def _locked(tx: Transaction, caller: Caller, request: int) -> Request:
    known = await _known(tx, caller, request)
    await patrons.lock(tx, [known.patron])
    await store.lock(tx, request)
    await looked_at(tx, caller, "interlibrary_requests", [known.patron])
    return await _known(tx, caller, request)


def _must_follow(known: Request, state: State) -> None:
    if not rules.may_follow(known.state, state):
        raise ConflictError("interlibrary_out_of_turn", state=known.state.value)


async def _told(tx: Transaction, request: int, state: State) -> Request:
    found = await store.find(tx, request)
    if found is None:
        raise NotFoundError("interlibrary_request_unknown")
    await events.append(tx, moved(found, state))
    return found
