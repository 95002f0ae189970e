"""Paying online. Between two transactions the provider is spoken to: what is to be said to it stands in the order's
state, so a crash anywhere leaves an order that `finish` can go on with, and nothing is taken or booked twice.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec

from faelles.fees.neighbours.model import Adapter, Role
from faelles.fees.neighbours.operations import neighbour_for
from faelles.fees.payments import orders, refunds, rules, store
from faelles.fees.payments.connecting import reach
from faelles.fees.payments.model import (
    Callback,
    Finished,
    Order,
    OrderShown,
    OrderState,
    Outside,
    Pretend,
    SignedMessage,
    StartPayment,
    Told,
)
from faelles.fees.payments.provider import PaymentProvider
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    UnauthenticatedError,
    UnavailableError,
    invalid_field,
)
from faelles.ground.ids import AgencyId
from faelles.ground.log import logger
from faelles.ground.money import Ore
from faelles.ground.signed_http import signature_matches
from faelles.people.model import Caller
from faelles.people.store import agency_behind_isil

LEFT_ALONE: Final = timedelta(minutes=10)
"""How long an order is the patron's and the provider's business before `finish` asks after it."""
AT_A_TIME: Final = 100

_log = logger("fees.payments")


async def start_payment(
    database: Database, outside: Outside, caller: Caller, request: StartPayment, *, key: str | None = None
) -> OrderShown:
    """Begin to pay claims of one account online; the answer says where. For a signed-in patron.

    Raises NotFoundError for claims that are not the patron's to pay, RefusedError where nothing is owed of them,
    UnavailableError where the provider does not answer: the same key asks it again.
    """

    async def make(tx: Transaction) -> Order:
        # Whether there is anybody to pay with is asked before anything is promised.
        await neighbour_for(tx, outside.keyring, outside.installation, Role.PAYMENTS)
        return await orders.make(tx, caller, request, key)

    order = await database.run(caller.agency, caller.actor, make)
    return _shown(await carry_on(database, outside, caller.agency, order))


async def show_order(tx: Transaction, caller: Caller, order: int) -> OrderShown:
    """An order, for the patron whose claims it pays or for staff."""
    return _shown(await orders.visible_order(tx, caller, order))


async def cancel_order(database: Database, outside: Outside, caller: Caller, order: int) -> OrderShown:
    """Think better of it. Raises ConflictError where the money is reserved or taken already."""

    async def give_up(tx: Transaction) -> Order:
        found = await orders.lock(tx, await orders.visible_order(tx, caller, order))
        if found.state in {OrderState.CANCELLING, OrderState.CANCELLED}:
            return found
        if not rules.may_cancel(found.state):
            raise ConflictError("payment_order_moved_on")
        return await orders.move(tx, found, OrderState.CANCELLING)

    given_up = await database.run(caller.agency, caller.actor, give_up)
    return _shown(await carry_on(database, outside, caller.agency, given_up))


async def receive(database: Database, outside: Outside, isil: str, message: SignedMessage) -> OrderShown:
    """A provider's word about an order; said again, it changes nothing more.

    Raises UnauthenticatedError for a wrong or old signature and for an agency without a provider, NotFoundError for an
    order that is none, ConflictError for another amount than was ordered.
    """
    agency = await _agency(database, isil)

    async def read(tx: Transaction) -> Callback:
        try:
            known = await neighbour_for(tx, outside.keyring, outside.installation, Role.PAYMENTS)
        except ConflictError:
            raise UnauthenticatedError("signature_wrong") from None
        if not signature_matches(known.secret, message.payload.encode(), message.signature, tx.now):
            raise UnauthenticatedError("signature_wrong")
        return _callback(message.payload)

    callback = await database.run(agency, SYSTEM, read)
    return await _told(database, outside, agency, callback)


async def pretend(database: Database, outside: Outside, isil: str, request: Pretend) -> OrderShown:
    """What a patron does at the built-in provider. Raises NotFoundError where the agency uses another, and in
    production.
    """
    agency = await _agency(database, isil)

    async def check(tx: Transaction) -> None:
        known = await neighbour_for(tx, outside.keyring, outside.installation, Role.PAYMENTS)
        if known.neighbour.adapter is not Adapter.BUILT_IN:
            raise NotFoundError("money_neighbour_missing")

    await database.run(agency, SYSTEM, check)
    return await _told(database, outside, agency, Callback(order=request.order, state=request.state))


async def finish(database: Database, outside: Outside, agency: AgencyId) -> Finished:
    """Go on with what was left lying: answers and callbacks that were lost, crashes in between."""

    async def unfinished(tx: Transaction) -> list[Order]:
        return await store.take_unfinished(tx, tx.now - LEFT_ALONE, AT_A_TIME)

    left = 0
    found = await database.run(agency, SYSTEM, unfinished)
    for order in found:
        try:
            reached = await _ask_after(database, outside, agency, order)
        except (RefusedError, UnavailableError, ConflictError) as problem:
            _log.warning("order left as it is", order=order.id, reason=problem.code)
            left += 1
        else:
            left += reached.state in rules.UNFINISHED
    refunded = await refunds.finish_refunds(database, outside, agency)
    return Finished(done=len(found) - left + refunded.done, left=left + refunded.left)


async def carry_on(database: Database, outside: Outside, agency: AgencyId, order: Order) -> Order:
    """Say to the provider what the order's state asks for, and enter what came of it."""
    if order.state not in {OrderState.CREATED, OrderState.AUTHORIZED, OrderState.CANCELLING}:
        return order
    provider, isil, now = await database.run(agency, SYSTEM, lambda tx: reach(tx, outside))
    if order.state is OrderState.CREATED:
        return await _start(database, provider, agency, order, isil, now)
    if order.state is OrderState.CANCELLING:
        # One who refuses has nothing reserved; should it have taken the money, it will say so.
        with suppress(RefusedError):
            await provider.cancel(order, now)
        return await database.run(agency, SYSTEM, lambda tx: orders.hear(tx, order, Told.CANCELLED))
    try:
        await provider.capture(order, order.capture_ore or order.amount_ore, now)
    except RefusedError:
        return await database.run(agency, SYSTEM, lambda tx: orders.hear(tx, order, Told.FAILED))
    return await database.run(agency, SYSTEM, lambda tx: orders.captured(tx, order))


async def _start(
    database: Database, provider: PaymentProvider, agency: AgencyId, order: Order, isil: str, now: datetime
) -> Order:
    try:
        started = await provider.start(order, isil, now)
    except RefusedError:
        await database.run(agency, SYSTEM, lambda tx: orders.hear(tx, order, Told.FAILED))
        raise
    return await database.run(
        agency, SYSTEM, lambda tx: orders.started(tx, order, started.provider_id, started.redirect_url)
    )


def _callback(payload: str) -> Callback:
    try:
        return msgspec.json.decode(payload, type=Callback)
    except msgspec.DecodeError:
        raise invalid_field("payload", "callback_malformed") from None


async def _told(database: Database, outside: Outside, agency: AgencyId, callback: Callback) -> OrderShown:
    async def hear(tx: Transaction) -> Order:
        order = await store.load_order(tx, reference=callback.order)
        if order is None:
            raise NotFoundError("payment_order_unknown")
        said = None if callback.amount_ore is None else Ore(callback.amount_ore)
        try:
            return await orders.hear(tx, order, callback.state, said)
        except ConflictError as problem:
            _log.warning("provider's word not entered", agency=agency, order=order.id, reason=problem.code)
            raise

    order = await database.run(agency, SYSTEM, hear)
    return _shown(await carry_on(database, outside, agency, order))


async def _ask_after(database: Database, outside: Outside, agency: AgencyId, order: Order) -> Order:
    if order.state is OrderState.STARTED:
        provider, _, now = await database.run(agency, SYSTEM, lambda tx: reach(tx, outside))
        told = await provider.inquire(order, now)
        if told is None:
            return order
        order = await database.run(agency, SYSTEM, lambda tx: orders.hear(tx, order, told))
    return await carry_on(database, outside, agency, order)


async def _agency(database: Database, isil: str) -> AgencyId:
    agency = await agency_behind_isil(database, isil)
    if agency is None:
        raise UnauthenticatedError("signature_wrong")
    return agency


def _shown(order: Order) -> OrderShown:
    is_captured = order.state is OrderState.CAPTURED
    return OrderShown(
        id=order.id,
        reference=order.reference,
        state=order.state,
        amount_ore=order.amount_ore,
        captured_ore=order.capture_ore if is_captured and order.capture_ore else Ore(0),
        currency=order.currency,
        redirect_url=order.redirect_url,
        lines=order.lines,
        created_at=order.created_at,
    )
