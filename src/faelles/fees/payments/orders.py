"""An order's life in the books: made, heard about, captured. Each step is one transaction with the patron locked."""

import secrets
from collections.abc import Mapping
from typing import Final

from faelles.fees.books_store import load_accounts_beside, load_debts
from faelles.fees.desk.model import Means, NewPayment
from faelles.fees.desk.operations import books_of
from faelles.fees.desk.taking import ONLINE, take
from faelles.fees.payments import events, rules, store
from faelles.fees.payments.model import (
    Line,
    NewOrder,
    Order,
    OrderMade,
    OrderState,
    Payable,
    StartPayment,
    Told,
)
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError, invalid_field
from faelles.ground.events import append
from faelles.ground.idempotency import recall, remember
from faelles.ground.ids import ChargeId
from faelles.ground.money import Ore
from faelles.patrons import store as patrons
from faelles.patrons.reach import looked_at
from faelles.people.model import Caller, Permission

_START: Final = "start_payment"


async def make(tx: Transaction, caller: Caller, request: StartPayment, key: str | None) -> Order:
    caller.require(Permission.OWN_ACCOUNT)
    if earlier := await recall(tx, _START, key, request, OrderMade):
        return await load(tx, earlier.id)
    wanted = await store.load_payable(tx, request.charges)
    if len(wanted) < len(set(request.charges)) or not all(_may_pay(caller, each) for each in wanted):
        raise NotFoundError("charge_unknown")
    if len({(each.patron, each.division) for each in wanted}) > 1:
        raise invalid_field("charges", "charges_of_one_account")
    lines = tuple(
        Line(charge=each.charge, amount_ore=each.outstanding_ore) for each in wanted if each.outstanding_ore > 0
    )
    if not lines:
        raise RefusedError("nothing_owed")
    await looked_at(tx, caller, "start_payment", [wanted[0].patron])
    new = NewOrder(
        reference=secrets.token_hex(12),
        account=wanted[0].account,
        currency=wanted[0].currency,
        return_url=request.return_url,
        lines=lines,
    )
    order = await load(tx, await store.insert_order(tx, new))
    await append(tx, events.order_changed(order, order.state))
    await remember(tx, _START, key, request, OrderMade(order.id))
    return order


async def visible_order(tx: Transaction, caller: Caller, order: int) -> Order:
    """The order, if the caller may look into the books it is in. Raises NotFoundError for any other."""
    found = await store.load_order(tx, order=order)
    if found is None or found.patron is None:
        raise NotFoundError("payment_order_unknown")
    if caller.patron is not None:
        caller.require(Permission.OWN_ACCOUNT)
        payable = await store.load_payable(tx, [line.charge for line in found.lines])
        if not all(_may_pay(caller, each) for each in payable):
            raise NotFoundError("payment_order_unknown")
        await looked_at(tx, caller, "payment_order", [found.patron])
        return found
    divisions = await books_of(tx, caller, found.patron, "payment_order")
    if divisions is not None and found.division not in divisions:
        raise NotFoundError("payment_order_unknown")
    return found


async def hear(tx: Transaction, order: Order, told: Told, said: Ore | None = None) -> Order:
    """Enter what the provider says. `said`: the amount it names. Raises ConflictError where that is another than it can
    be: nothing is entered that somebody must look into first.
    """
    order = await lock(tx, order)
    expected = rules.expected(order, told)
    if said is not None and said != expected:
        raise ConflictError("payment_amount_differs", said_ore=said, expected_ore=expected)
    owed = await _owed(tx, order)
    amount = rules.to_capture(order.lines, owed)
    state = rules.after(order.state, told, amount)
    if state is order.state:
        return order
    if state is OrderState.CAPTURED:
        return await _book(tx, order, expected)
    return await move(tx, order, state, capture=amount if state is OrderState.AUTHORIZED else None)


async def captured(tx: Transaction, order: Order) -> Order:
    """Enter that the provider took what it was asked to take."""
    order = await lock(tx, order)
    if order.state is OrderState.CAPTURED:
        return order
    return await _book(tx, order, order.capture_ore or order.amount_ore)


async def started(tx: Transaction, order: Order, provider_id: str, redirect_url: str) -> Order:
    order = await lock(tx, order)
    await store.note_started(tx, order.id, provider_id, redirect_url)
    return await load(tx, order.id)


async def move(
    tx: Transaction, order: Order, state: OrderState, *, capture: Ore | None = None, payment: int | None = None
) -> Order:
    await store.set_state(tx, order.id, state, capture=capture, payment=payment)
    await append(tx, events.order_changed(order, state))
    return await load(tx, order.id)


async def lock(tx: Transaction, order: Order) -> Order:
    """The order as it is with the patron's lock and its own held."""
    if order.patron is not None:
        await patrons.lock(tx, [order.patron])
    await store.lock_order(tx, order.id)
    return await load(tx, order.id)


async def load(tx: Transaction, order: int) -> Order:
    found = await store.load_order(tx, order=order)
    if found is None:
        raise NotFoundError("payment_order_unknown")
    return found


async def _book(tx: Transaction, order: Order, amount: Ore) -> Order:
    """The money is ours: first for what was ordered, then for whatever else is owed; the rest is credit."""
    wanted = {line.charge for line in order.lines}
    debts = await load_debts(tx, await load_accounts_beside(tx, order.account))
    new = NewPayment(
        account=order.account,
        reference=f"{ONLINE}{order.reference}",
        means=Means.ONLINE,
        amount_ore=amount,
        branch=None,
    )
    in_order = sorted(debts, key=lambda debt: debt.charge not in wanted)
    taken = await take(tx, new, in_order, division=order.division)
    if taken is None:
        raise ConflictError("payment_reference_known")
    return await move(tx, order, OrderState.CAPTURED, capture=amount, payment=taken.payment)


async def _owed(tx: Transaction, order: Order) -> Mapping[ChargeId, Ore]:
    debts = await load_debts(tx, await load_accounts_beside(tx, order.account))
    return {debt.charge: debt.amount_ore for debt in debts}


def _may_pay(caller: Caller, claim: Payable) -> bool:
    return caller.patron in {claim.patron, claim.liable}
