"""Opening, filling, counting and closing a till. A till belongs to a branch; so does the permission to work it."""

import msgspec

from faelles.fees.desk.model import Means
from faelles.fees.desk.store import load_counter
from faelles.fees.tills import events, rules, store
from faelles.fees.tills.model import (
    CashMove,
    CashMoved,
    CloseTill,
    MoveCash,
    MovementKind,
    NewMovement,
    NewTill,
    OpenTill,
    Report,
    Session,
    Till,
)
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError, invalid_field
from faelles.ground.events import append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import BranchId
from faelles.ground.money import Ore
from faelles.people.model import Caller, Permission, Place

AT_A_TILL = frozenset({Means.CASH, Means.CARD, Means.MOBILE, Means.BANK})
"""What can be taken there: the rest never passes through anybody's hands."""


async def create_till(tx: Transaction, caller: Caller, new: NewTill) -> Till:
    """Raises NotFoundError for an unknown branch, ConflictError for a name that the branch uses."""
    await _require_at(tx, caller, BranchId(new.branch), Permission.MONEY_SETUP)
    added = await store.insert_till(tx, new)
    if added is None:
        raise ConflictError("till_name_taken")
    return Till(id=added, branch=BranchId(new.branch), name=new.name, session=None)


async def remove_till(tx: Transaction, caller: Caller, till: int) -> None:
    """Take a till out of use; what was done at it stays. Raises ConflictError while it is open."""
    found = await _locked_till(tx, caller, till, Permission.MONEY_SETUP)
    if await store.lock_open(tx, found.id) is not None:
        raise ConflictError("till_open_already")
    await store.remove_till(tx, found.id)


async def list_tills(tx: Transaction, caller: Caller, *, after: int, limit: int) -> list[Till]:
    """The tills in use, in the order they were made, with the session that is open."""
    caller.require(Permission.TILL_OPERATE)
    return await store.list_tills(tx, after=after, limit=limit)


async def open_till(tx: Transaction, caller: Caller, till: int, request: OpenTill) -> Session:
    """Begin a session. Raises ConflictError where one is open."""
    found = await _locked_till(tx, caller, till, Permission.TILL_OPERATE)
    opened = await store.open_session(tx, found.id, request.float_ore)
    if opened is None:
        raise ConflictError("till_open_already")
    session = await _session(tx, opened)
    await append(tx, events.opened(session))
    return session


async def move_cash(
    tx: Transaction, caller: Caller, till: int, request: MoveCash, *, key: str | None = None
) -> CashMoved:
    """Bring change, or take money to the bank. Raises ConflictError where the till is not open, RefusedError for more
    than lies in it.
    """
    found = await _till(tx, caller, till, Permission.TILL_OPERATE)
    asked = (till, request)
    if earlier := await recall(tx, "move_cash", key, asked, CashMoved):
        return earlier
    if request.kind is CashMove.DEPOSIT:
        session, amount = await _open_session(tx, found.id), Ore(request.amount_ore)
    else:
        session, amount = await _session_with(tx, found.id, Ore(request.amount_ore)), Ore(-request.amount_ore)
    movement = await store.insert_movement(
        tx,
        session.id,
        NewMovement(kind=MovementKind(request.kind), means=Means.CASH, amount_ore=amount, reason=request.reason),
    )
    await append(tx, events.cash_moved(session, amount))
    answer = CashMoved(movement=movement, amount_ore=amount)
    await remember(tx, "move_cash", key, asked, answer)
    return answer


async def close_till(tx: Transaction, caller: Caller, till: int, request: CloseTill) -> Report:
    """End the session with what was counted, and say what is missing or too much.

    Raises ConflictError where the till is not open, InvalidRequestError where the cash was not counted, or anything
    twice.
    """
    found = await _till(tx, caller, till, Permission.TILL_OPERATE)
    counted = {each.means: Ore(each.amount_ore) for each in request.counted}
    if Means.CASH not in counted or len(counted) < len(request.counted) or not counted.keys() <= AT_A_TILL:
        raise invalid_field("counted", "till_count_incomplete")
    session = await store.lock_open(tx, found.id)
    if session is None:
        raise ConflictError("till_not_open")
    lines = rules.report_lines(session.float_ore, await store.load_moved(tx, session.id), counted)
    report = Report(session=session, lines=lines)
    await store.close_session(tx, report, request.note)
    await append(tx, events.closed(report))
    return msgspec.structs.replace(report, session=await _session(tx, session.id))


async def report(tx: Transaction, caller: Caller, session: int) -> Report:
    """The closing report, or how an open session stands."""
    found = await _session(tx, session)
    await _require_at(tx, caller, found.branch, Permission.TILL_OPERATE)
    counts = await store.load_counts(tx, session)
    lines = rules.report_lines(found.float_ore, await store.load_moved(tx, session), counts)
    return Report(session=found, lines=lines)


async def list_sessions(tx: Transaction, caller: Caller, till: int, *, before: int | None, limit: int) -> list[Session]:
    """A till's sessions, newest first."""
    await _till(tx, caller, till, Permission.TILL_OPERATE)
    return await store.list_sessions(tx, till, before=before or 2**63 - 1, limit=limit)


async def fill(tx: Transaction, till: int, branch: BranchId, new: NewMovement) -> None:
    """Put a payment, or what was paid back, into the session that is open. The desk calls this, having checked the
    caller. Raises ConflictError where the till is not open, InvalidRequestError for what no till takes.
    """
    if new.means not in AT_A_TILL:
        raise invalid_field("till", "till_takes_no_such_means", means=new.means.value)
    session = await _open_session(tx, till)
    if session.branch != branch:
        raise NotFoundError("till_unknown")
    await store.insert_movement(tx, session.id, new)


async def _locked_till(tx: Transaction, caller: Caller, till: int, permission: Permission) -> Till:
    """One that nobody else opens or takes out of use meanwhile."""
    found = await _till(tx, caller, till, permission)
    if not await store.lock_till(tx, found.id):
        raise NotFoundError("till_unknown")
    return found


async def _till(tx: Transaction, caller: Caller, till: int, permission: Permission) -> Till:
    found = await store.load_till(tx, till)
    if found is None:
        raise NotFoundError("till_unknown")
    await _require_at(tx, caller, found.branch, permission)
    return found


async def _require_at(tx: Transaction, caller: Caller, branch: BranchId, permission: Permission) -> None:
    counter = await load_counter(tx, branch)
    if counter is None:
        raise NotFoundError("branch_unknown")
    caller.require(permission, Place(counter.division, counter.branch))


async def _session_with(tx: Transaction, till: int, amount: Ore) -> Session:
    """The session that is open and has so much cash; nobody else moves any meanwhile."""
    session = await store.lock_open(tx, till)
    if session is None:
        raise ConflictError("till_not_open")
    in_it = rules.cash_in(session.float_ore, await store.load_moved(tx, session.id))
    if amount > in_it:
        raise RefusedError("till_cash_short", cash_ore=in_it)
    return session


async def _open_session(tx: Transaction, till: int) -> Session:
    session = await store.hold_open(tx, till)
    if session is None:
        raise ConflictError("till_not_open")
    return session


async def _session(tx: Transaction, session: int) -> Session:
    found = await store.load_session(tx, session)
    if found is None:
        raise NotFoundError("till_session_unknown")
    return found
