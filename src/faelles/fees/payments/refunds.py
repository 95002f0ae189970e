"""Sending money back through the provider: what a patron paid online, and no claim uses any more.

The ledger lets go of it first; where the provider refuses, it is the patron's credit again.
"""

from faelles.fees import ledger
from faelles.fees.books_store import load_accounts_beside, load_credit
from faelles.fees.model import EntryKind, Posting
from faelles.fees.operations import post, use_credit
from faelles.fees.payments import events, orders, store
from faelles.fees.payments.connecting import reach
from faelles.fees.payments.model import (
    Finished,
    Order,
    OrderState,
    Outside,
    Refund,
    RefundMade,
    RefundRequest,
    RefundState,
)
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import NotFoundError, RefusedError, UnavailableError
from faelles.ground.events import append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import AgencyId
from faelles.ground.log import logger
from faelles.ground.money import Ore
from faelles.patrons.reach import require_division
from faelles.people.model import Caller, Permission

AT_A_TIME = 100

_log = logger("fees.refunds")


async def refund(
    database: Database,
    outside: Outside,
    caller: Caller,
    order: int,
    request: RefundRequest,
    *,
    key: str | None = None,
) -> Refund:
    """Give back what was paid with an order and is credit now. Where the provider does not answer at once it stays
    requested, and is asked for again.

    Raises RefusedError for more than that.
    """
    asked = await database.run(caller.agency, caller.actor, lambda tx: _request(tx, caller, order, request, key))
    try:
        return await _carry_out(database, outside, caller.agency, asked)
    except UnavailableError:
        return asked


async def list_refunds(tx: Transaction, caller: Caller, order: int) -> list[Refund]:
    """An order's refunds, for whoever may see the order."""
    found = await orders.visible_order(tx, caller, order)
    return await store.list_refunds(tx, found.id)


async def finish_refunds(database: Database, outside: Outside, agency: AgencyId) -> Finished:
    """Ask again for what no provider has answered."""

    async def unfinished(tx: Transaction) -> list[Refund]:
        return await store.take_unfinished_refunds(tx, AT_A_TIME)

    found = await database.run(agency, SYSTEM, unfinished)
    left = 0
    for each in found:
        try:
            await _carry_out(database, outside, agency, each)
        except UnavailableError as problem:
            _log.warning("refund left as it is", refund=each.id, reason=problem.code)
            left += 1
    return Finished(done=len(found) - left, left=left)


async def _request(tx: Transaction, caller: Caller, order: int, request: RefundRequest, key: str | None) -> Refund:
    caller.require(Permission.FEE_REFUND)
    found = await orders.lock(tx, await orders.visible_order(tx, caller, order))
    require_division(caller, Permission.FEE_REFUND, found.division)
    asked = (order, request)
    if earlier := await recall(tx, "refund", key, asked, RefundMade):
        return await _load(tx, earlier.id)
    amount = Ore(request.amount_ore)
    await _let_go(tx, found, amount, request.reason)
    made = await _load(tx, await store.insert_refund(tx, found.id, amount, request.reason))
    await append(tx, events.refunded(found, made))
    await remember(tx, "refund", key, asked, RefundMade(made.id))
    return made


async def _let_go(tx: Transaction, order: Order, amount: Ore, reason: str) -> None:
    """Take `amount` out of what is left of the order's payment."""
    credit = await load_credit(tx, await load_accounts_beside(tx, order.account))
    ours = [entry for entry in credit if order.state is OrderState.CAPTURED and entry.payment == order.payment]
    available = Ore(-ledger.outstanding(ours))
    if amount > available:
        raise RefusedError("refund_exceeds_credit", credit_ore=available)
    await post(tx, ledger.withdraw(ours, amount, reason), [], division=order.division, branch=None)


async def _carry_out(database: Database, outside: Outside, agency: AgencyId, asked: Refund) -> Refund:
    if asked.state is not RefundState.REQUESTED:
        return asked
    order = await database.run(agency, SYSTEM, lambda tx: orders.load(tx, asked.order))
    provider, _, now = await database.run(agency, SYSTEM, lambda tx: reach(tx, outside))
    try:
        await provider.refund(order, asked, now)
    except RefusedError:
        return await database.run(agency, SYSTEM, lambda tx: _end(tx, order, asked, RefundState.REFUSED))
    return await database.run(agency, SYSTEM, lambda tx: _end(tx, order, asked, RefundState.DONE))


async def _end(tx: Transaction, order: Order, asked: Refund, state: RefundState) -> Refund:
    order = await orders.lock(tx, order)
    if not await store.end_refund(tx, asked.id, state):
        return await _load(tx, asked.id)
    ended = await _load(tx, asked.id)
    if state is RefundState.REFUSED:
        back = Posting(
            account=order.account,
            charge=None,
            kind=EntryKind.PAYMENT,
            amount_ore=Ore(-asked.amount_ore),
            payment=order.payment,
            reason=asked.reason,
        )
        await post(tx, [back], [], division=order.division, branch=None)
        await use_credit(tx, order.account, division=order.division, branch=None)
    await append(tx, events.refunded(order, ended))
    return ended


async def _load(tx: Transaction, refund_id: int) -> Refund:
    found = await store.load_refund(tx, refund_id)
    if found is None:
        raise NotFoundError("payment_order_unknown")
    return found
