"""Paying online with a provider that answers, refuses, falls silent, and says things twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from faelles.fees.desk import operations as desk
from faelles.fees.desk.model import Forgive, ManualCharge, ManualKind, Means, Pay, Reverse
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.fees.operations import verify
from faelles.fees.payments import operations as payments
from faelles.fees.payments import refunds
from faelles.fees.payments.model import (
    OrderState,
    Outside,
    Pretend,
    RefundRequest,
    RefundState,
    StartPayment,
    Told,
)
from faelles.ground.actor import SYSTEM, Actor, ActorKind
from faelles.ground.clock import utc_now
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RefusedError,
    UnauthenticatedError,
    UnavailableError,
)
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.ground.signed_http import SignedClient
from faelles.people.model import Caller, Grant, Permission, system_caller
from fees.accounts import Household, loan_number
from fees.payments.provider import SECRET, Provider, listening

BACK = "https://bib.example/back"


@dataclass
class Shop:
    """A patron who owes 100 kroner, and the provider they may pay with."""

    household: Household
    database: Database
    keyring: Keyring
    provider: Provider
    charge: int = 0
    later: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.later

    @property
    def outside(self) -> Outside:
        installation = Installation(is_production=False, public_url="https://bib.example", exchange_directory=Path())
        return Outside(self.keyring, installation)

    @property
    def isil(self) -> str:
        return self.household.town.isil

    def patron(self, patron: PatronId | None = None) -> Caller:
        number = patron or self.household.patron
        return Caller(
            agency=self.household.town.agency,
            actor=Actor(ActorKind.PATRON, number),
            language=Language.DANISH,
            grants=(Grant(frozenset({Permission.OWN_ACCOUNT})),),
            patron=number,
        )

    async def run(self, work, *arguments, **named):
        caller = system_caller(self.household.town.agency)
        return await self.database.run(caller.agency, SYSTEM, lambda tx: work(tx, caller, *arguments, **named))

    async def use(self, adapter: Adapter, address: str | None = None) -> None:
        request = SetNeighbour(adapter=adapter, address=address, secret=SECRET)
        await self.run(set_neighbour, self.keyring, self.outside.installation, Role.PAYMENTS, request)

    async def owe(self, amount: int, patron: PatronId | None = None) -> int:
        charge = ManualCharge(
            branch=self.household.town.main, kind=ManualKind.MANUAL, amount_ore=amount, reason="Kaffe"
        )
        return (await self.run(desk.charge_manually, patron or self.household.patron, charge)).charge

    async def start(self, *charges: int, caller: Caller | None = None, key: str | None = None):
        request = StartPayment(charges=charges or (self.charge,), return_url=BACK)
        return await payments.start_payment(self.database, self.outside, caller or self.patron(), request, key=key)

    async def say(self, order: str, state: str):
        return await payments.receive(self.database, self.outside, self.isil, self.provider.callback(order, state))

    async def finish(self):
        return await payments.finish(self.database, self.outside, self.household.town.agency)

    async def balance(self) -> int:
        """What is owed, in books that agree with themselves."""
        assert await self.run(lambda tx, _: verify(tx)) == []
        return sum(each.balance_ore for each in await self.run(desk.balances, self.household.patron))

    async def pay_at_desk(self, amount: int) -> None:
        pay = Pay(branch=self.household.town.main, amount_ore=amount, means=Means.CASH, reference=f"k/{loan_number()}")
        await self.run(desk.pay, self.household.patron, pay)


@pytest.fixture
async def shop(
    database: Database, household: Household, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Shop]:
    impatient = partial(SignedClient, seconds_to_answer=1.0, pauses=(0.01, 0.01))
    monkeypatch.setattr("faelles.fees.payments.provider.SignedClient", impatient)
    async with listening() as provider:
        shop = Shop(household, database, keyring, provider)
        provider.clock = shop
        shop.database = Database(database._pool, shop)
        await shop.use(Adapter.HTTP, provider.address)
        shop.charge = await shop.owe(10_000)
        yield shop


async def test_a_payment_goes_through_start_reservation_and_capture(shop: Shop):
    order = await shop.start()
    assert (order.state, order.amount_ore) == (OrderState.STARTED, 10_000)
    assert order.redirect_url == f"{shop.provider.address}/pay/{order.reference}"
    told = shop.provider.orders[order.reference]
    assert told["callback_url"] == f"https://bib.example/api/v1/payments/callbacks/{shop.isil}"
    assert await shop.balance() == 10_000
    paid = await shop.say(order.reference, "authorized")
    assert (paid.state, paid.captured_ore) == (OrderState.CAPTURED, 10_000)
    assert shop.provider.captured == {order.reference: 10_000}
    assert await shop.balance() == 0


async def test_a_callback_ten_times_and_at_once_pays_once(shop: Shop):
    order = await shop.start()
    said = await asyncio.gather(*(shop.say(order.reference, "authorized") for _ in range(5)))
    said += [await shop.say(order.reference, each) for each in ("authorized", "captured", "failed", "cancelled")]
    assert {each.state for each in said} == {OrderState.CAPTURED}
    assert await shop.balance() == 0
    lines = await shop.run(desk.statement, shop.household.patron, before=None, limit=10)
    assert [line.reference for line in lines if line.kind == "payment"] == [f"online/{order.reference}"]


async def test_nobody_pays_with_anothers_signature(shop: Shop):
    order = await shop.start()
    for message in (
        shop.provider.callback(order.reference, "authorized", secret="another secret of some length"),
        shop.provider.callback(order.reference, "authorized", minutes_ago=9),
    ):
        with pytest.raises(UnauthenticatedError):
            await payments.receive(shop.database, shop.outside, shop.isil, message)
    with pytest.raises(UnauthenticatedError):
        await payments.receive(
            shop.database, shop.outside, "DK-NOBODY", shop.provider.callback(order.reference, "authorized")
        )
    with pytest.raises(NotFoundError):
        await shop.say("no-such-order", "authorized")
    assert await shop.balance() == 10_000


async def test_a_word_about_another_amount_enters_nothing(shop: Shop):
    order = await shop.start()
    for state in ("authorized", "captured"):
        with pytest.raises(ConflictError, match="payment_amount_differs"):
            await payments.receive(
                shop.database, shop.outside, shop.isil, shop.provider.callback(order.reference, state, amount_ore=9_999)
            )
    assert await shop.balance() == 10_000
    await payments.receive(
        shop.database, shop.outside, shop.isil, shop.provider.callback(order.reference, "captured", amount_ore=10_000)
    )
    assert await shop.balance() == 0


async def test_a_capture_that_is_told_before_it_is_answered_is_booked_as_asked(shop: Shop):
    order = await shop.start()
    await shop.pay_at_desk(4_000)
    shop.provider.deaf.add("capture")
    with pytest.raises(UnavailableError):
        await shop.say(order.reference, "authorized")
    told = await shop.say(order.reference, "captured")
    assert (told.captured_ore, await shop.balance()) == (6_000, 0)


async def test_what_was_paid_at_the_desk_meanwhile_is_not_taken_again(shop: Shop):
    order = await shop.start()
    await shop.pay_at_desk(4_000)
    paid = await shop.say(order.reference, "authorized")
    assert (paid.captured_ore, shop.provider.captured[order.reference]) == (6_000, 6_000)
    assert await shop.balance() == 0


async def test_where_nothing_is_owed_any_more_the_reservation_is_given_up(shop: Shop):
    first, second = await shop.start(), await shop.start()
    await shop.say(first.reference, "authorized")
    assert (await shop.say(second.reference, "authorized")).state is OrderState.CANCELLED
    assert shop.provider.cancelled == {second.reference}
    assert await shop.balance() == 0


async def test_money_that_was_taken_without_asking_is_never_lost(shop: Shop):
    order = await shop.start()
    await shop.pay_at_desk(10_000)
    await payments.cancel_order(shop.database, shop.outside, shop.patron(), order.id)
    assert (await shop.say(order.reference, "captured")).state is OrderState.CAPTURED
    assert await shop.balance() == -10_000


async def test_a_declined_card_fails_the_order_and_another_card_pays_it(shop: Shop):
    order = await shop.start()
    assert (await shop.say(order.reference, "failed")).state is OrderState.FAILED
    assert (await shop.say(order.reference, "authorized")).state is OrderState.CAPTURED


async def test_a_start_without_an_answer_is_asked_again_under_its_key(shop: Shop):
    shop.provider.deaf = {"orders"}
    with pytest.raises(UnavailableError):
        await shop.start(key="k-1")
    shop.provider.deaf = set()
    order = await shop.start(key="k-1")
    assert order.state is OrderState.STARTED
    assert list(shop.provider.orders) == [order.reference]


async def test_a_crash_between_reservation_and_books_is_made_good(shop: Shop):
    order = await shop.start()
    shop.provider.deaf = {"capture"}
    with pytest.raises(UnavailableError):
        await shop.say(order.reference, "authorized")
    shop.provider.deaf = set()
    assert await shop.balance() == 10_000
    shop.later = timedelta(minutes=11)
    finished = await shop.finish()
    assert (finished.done, finished.left) == (1, 0)
    assert shop.provider.captured == {order.reference: 10_000}
    assert await shop.balance() == 0


async def test_a_lost_callback_is_asked_for(shop: Shop):
    paid, waiting = await shop.start(), await shop.start()
    shop.provider.states = {paid.reference: "authorized"}
    assert (await shop.finish()).done == 0
    shop.later = timedelta(minutes=11)
    finished = await shop.finish()
    assert (finished.done, finished.left) == (1, 1)
    assert await shop.balance() == 0
    assert (await shop.run(payments.show_order, waiting.id)).state is OrderState.STARTED


async def test_one_who_never_answers_keeps_nobody_from_being_asked_after(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(payments, "AT_A_TIME", 1)
    _, paid = await shop.start(), await shop.start()
    shop.provider.states = {paid.reference: "authorized"}
    for _ in range(3):
        shop.later += timedelta(minutes=11)
        await shop.finish()
    assert await shop.balance() == 0


async def test_a_refused_start_is_a_failed_order(shop: Shop):
    shop.provider.refuses = {"orders"}
    with pytest.raises(RefusedError, match="neighbour_refused"):
        await shop.start()
    shop.later = timedelta(minutes=11)
    assert (await shop.finish()).left == 0


async def test_a_refused_capture_leaves_the_debt(shop: Shop):
    order = await shop.start()
    shop.provider.refuses = {"capture"}
    assert (await shop.say(order.reference, "authorized")).state is OrderState.FAILED
    assert await shop.balance() == 10_000


async def test_after_a_refused_capture_all_of_it_may_be_paid_anew(shop: Shop):
    order = await shop.start()
    await shop.pay_at_desk(4_000)
    shop.provider.refuses = {"capture"}
    assert (await shop.say(order.reference, "authorized")).state is OrderState.FAILED
    anew = shop.provider.callback(order.reference, "captured", amount_ore=10_000)
    assert (await payments.receive(shop.database, shop.outside, shop.isil, anew)).captured_ore == 10_000
    assert await shop.balance() == -4_000


async def test_thinking_better_of_it_works_until_the_money_is_reserved(shop: Shop):
    order = await shop.start()
    given_up = await payments.cancel_order(shop.database, shop.outside, shop.patron(), order.id)
    assert given_up.state is OrderState.CANCELLED
    assert (await shop.say(order.reference, "authorized")).state is OrderState.CANCELLED
    other = await shop.start()
    await shop.say(other.reference, "authorized")
    with pytest.raises(ConflictError, match="payment_order_moved_on"):
        await payments.cancel_order(shop.database, shop.outside, shop.patron(), other.id)


async def test_who_is_liable_may_pay_and_nobody_else(shop: Shop):
    household = shop.household
    async with shop.database.transaction(household.town.agency, SYSTEM) as tx:
        await tx.execute("UPDATE charge_party SET liable_id = $2 WHERE agency_id = $1", tx.agency, household.parent)
    stranger = shop.patron(PatronId(household.parent + 1))
    with pytest.raises(NotFoundError, match="charge_unknown"):
        await shop.start(caller=stranger)
    order = await shop.start(caller=shop.patron(household.parent))
    with pytest.raises(NotFoundError):
        await shop.run(lambda tx, _: payments.show_order(tx, stranger, order.id))
    await shop.say(order.reference, "authorized")
    assert await shop.balance() == 0


async def test_an_order_is_for_one_account_and_for_something(shop: Shop):
    theirs = await shop.owe(5_000, shop.household.parent)
    async with shop.database.transaction(shop.household.town.agency, SYSTEM) as tx:
        await tx.execute(
            "UPDATE charge_party SET liable_id = $2 WHERE agency_id = $1", tx.agency, shop.household.patron
        )
    with pytest.raises(InvalidRequestError):
        await shop.start(shop.charge, theirs)
    await shop.pay_at_desk(10_000)
    with pytest.raises(RefusedError, match="nothing_owed"):
        await shop.start()


async def credit_of(shop: Shop) -> int:
    """An order that is paid, and whose claim then falls away; the order."""
    order = await shop.start()
    await shop.say(order.reference, "authorized")
    lines = await shop.run(desk.statement, shop.household.patron, before=None, limit=10)
    charged = next(line.entry for line in lines if line.kind == "charge")
    await shop.run(desk.reverse, charged, shop.household.patron, Reverse(branch=shop.household.town.main, reason="x"))
    assert await shop.balance() == -10_000
    return order.id


async def refund(shop: Shop, order: int, amount: int, key: str | None = None):
    request = RefundRequest(amount_ore=amount, reason="Fundet")
    caller = system_caller(shop.household.town.agency)
    return await refunds.refund(shop.database, shop.outside, caller, order, request, key=key)


async def test_what_no_claim_uses_goes_back_where_it_came_from(shop: Shop):
    order = await credit_of(shop)
    first = await refund(shop, order, 4_000, key="r-1")
    again = await refund(shop, order, 4_000, key="r-1")
    assert (first.state, again) == (RefundState.DONE, first)
    assert await shop.balance() == -6_000
    with pytest.raises(RefusedError, match="refund_exceeds_credit"):
        await refund(shop, order, 6_001)
    await refund(shop, order, 6_000)
    assert await shop.balance() == 0
    assert sorted(shop.provider.refunds.values()) == [4_000, 6_000]


async def test_a_refund_that_is_refused_is_credit_again_and_pays_what_is_owed(shop: Shop):
    order = await credit_of(shop)
    shop.provider.refuses = {"refunds"}
    assert (await refund(shop, order, 10_000)).state is RefundState.REFUSED
    assert await shop.balance() == -10_000


async def test_a_refund_without_an_answer_is_asked_for_again(shop: Shop):
    order = await credit_of(shop)
    shop.provider.deaf = {"refunds"}
    asked = await refund(shop, order, 10_000)
    assert asked.state is RefundState.REQUESTED
    assert await shop.balance() == 0
    shop.provider.deaf = set()
    shop.later = timedelta(minutes=1)
    await shop.finish()
    await shop.finish()
    assert shop.provider.refunds == {asked.id: 10_000}
    (ended,) = await shop.run(refunds.list_refunds, order)
    assert ended.state is RefundState.DONE


async def test_a_refund_that_is_never_answered_keeps_no_other_from_its_turn(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    order = await credit_of(shop)
    shop.provider.deaf = {"refunds"}
    asked = [(await refund(shop, order, 5_000)).id for _ in range(2)]
    shop.provider.refunds.clear()
    monkeypatch.setattr(refunds, "AT_A_TIME", 1)
    for _ in asked:
        shop.later += timedelta(minutes=1)
        await shop.finish()
    assert sorted(shop.provider.refunds) == asked


async def test_what_is_still_owed_or_was_paid_otherwise_is_not_sent_back(shop: Shop):
    order = await shop.start()
    await shop.say(order.reference, "authorized")
    with pytest.raises(RefusedError, match="refund_exceeds_credit"):
        await refund(shop, order.id, 1)


async def test_the_built_in_provider_pays_when_it_is_told(shop: Shop):
    await shop.use(Adapter.BUILT_IN)
    order = await shop.start()
    assert order.redirect_url == f"https://bib.example/api/v1/payments/built-in/{shop.isil}"
    pretended = Pretend(order=order.reference, state=Told.AUTHORIZED)
    paid = await payments.pretend(shop.database, shop.outside, shop.isil, pretended)
    assert paid.state is OrderState.CAPTURED
    assert await shop.balance() == 0
    await shop.use(Adapter.HTTP, shop.provider.address)
    with pytest.raises(NotFoundError):
        await payments.pretend(shop.database, shop.outside, shop.isil, pretended)


async def test_a_waived_claim_is_owed_no_more(shop: Shop):
    order = await shop.start()
    waiver = Forgive(branch=shop.household.town.main, reason="x")
    await shop.run(desk.waive, shop.charge, shop.household.patron, waiver)
    assert (await shop.say(order.reference, "authorized")).state is OrderState.CANCELLED
