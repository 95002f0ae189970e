"""The port: what any payment provider does for us. Everything is keyed by the order's reference, or by the refund's
number: asked twice, it is done once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar

import msgspec

from faelles.fees.neighbours.model import Adapter, KnownNeighbour
from faelles.fees.payments.model import Line, Order, Refund, Started, Told
from faelles.ground.config import Installation
from faelles.ground.errors import RefusedError
from faelles.ground.money import Ore
from faelles.ground.signed_http import SignedClient

Answer = TypeVar("Answer")

API: Final = "/api/v1"


class PaymentProvider(Protocol):
    """Raises RefusedError where the provider says no, UnavailableError where it does not answer."""

    async def start(self, order: Order, isil: str, now: datetime) -> Started: ...

    async def capture(self, order: Order, amount: Ore, now: datetime) -> None: ...

    async def cancel(self, order: Order, now: datetime) -> None: ...

    async def refund(self, order: Order, refund: Refund, now: datetime) -> None: ...

    async def inquire(self, order: Order, now: datetime) -> Told | None:
        """What has become of it; None while the patron is still about it."""
        ...


def provider_of(known: KnownNeighbour, installation: Installation) -> PaymentProvider:
    """The adapter that the agency has chosen."""
    neighbour = known.neighbour
    if neighbour.adapter is Adapter.BUILT_IN or neighbour.address is None:
        return BuiltInProvider(installation.public_url)
    client = SignedClient(base_url=neighbour.address, secret=known.secret)
    return HttpProvider(client, neighbour.merchant, installation.public_url)


class _OrderMessage(msgspec.Struct, frozen=True, kw_only=True):
    merchant: str | None
    order: str
    amount_ore: Ore
    currency: str
    lines: Sequence[Line]
    callback_url: str
    return_url: str


class _Amount(msgspec.Struct, frozen=True, kw_only=True):
    amount_ore: Ore


class _RefundMessage(msgspec.Struct, frozen=True, kw_only=True):
    refund: int
    amount_ore: Ore


class _Nothing(msgspec.Struct, frozen=True):
    """An empty object; what a provider adds to it is passed over."""


class _State(msgspec.Struct, frozen=True):
    state: str


class HttpProvider:
    """Any provider that speaks the few messages of docs/decisions/payments.md."""

    def __init__(self, client: SignedClient, merchant: str | None, public_url: str) -> None:
        self._client = client
        self._merchant = merchant
        self._public_url = public_url

    async def start(self, order: Order, isil: str, now: datetime) -> Started:
        message = _OrderMessage(
            merchant=self._merchant,
            order=order.reference,
            amount_ore=order.amount_ore,
            currency=order.currency,
            lines=order.lines,
            callback_url=f"{self._public_url}{API}/payments/callbacks/{isil}",
            return_url=order.return_url,
        )
        return await self._ask("/orders", message, Started, key=order.reference, now=now)

    async def capture(self, order: Order, amount: Ore, now: datetime) -> None:
        path = f"/orders/{order.reference}/capture"
        await self._ask(path, _Amount(amount_ore=amount), _Nothing, key=f"{order.reference}/capture", now=now)

    async def cancel(self, order: Order, now: datetime) -> None:
        path = f"/orders/{order.reference}/cancel"
        await self._ask(path, _Nothing(), _Nothing, key=f"{order.reference}/cancel", now=now)

    async def refund(self, order: Order, refund: Refund, now: datetime) -> None:
        message = _RefundMessage(refund=refund.id, amount_ore=refund.amount_ore)
        key = f"{order.reference}/refund/{refund.id}"
        await self._ask(f"/orders/{order.reference}/refunds", message, _Nothing, key=key, now=now)

    async def inquire(self, order: Order, now: datetime) -> Told | None:
        key = f"{order.reference}/state/{now.timestamp():.0f}"
        found = await self._ask(f"/orders/{order.reference}/state", _Nothing(), _State, key=key, now=now)
        return Told(found.state) if found.state in list(Told) else None

    async def _ask(
        self, path: str, message: msgspec.Struct, answer: type[Answer], *, key: str, now: datetime
    ) -> Answer:
        said = await self._client.post(path, msgspec.json.encode(message), key=key, now=now)
        try:
            return msgspec.json.decode(said or b"{}", type=answer)
        except msgspec.DecodeError as problem:
            raise RefusedError("neighbour_answer_unreadable") from problem


class BuiltInProvider:
    """Pretends to be a provider, for demonstrations and tests: everything succeeds, and what the patron does there is
    said to `/payments/built-in`. Refused in production.
    """

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    async def start(self, order: Order, isil: str, now: datetime) -> Started:  # noqa: ARG002 - the port's signature
        return Started(f"built-in/{order.reference}", f"{self._public_url}{API}/payments/built-in/{isil}")

    async def capture(self, order: Order, amount: Ore, now: datetime) -> None:
        """There is nothing to take."""

    async def cancel(self, order: Order, now: datetime) -> None:
        """There is nothing to give up."""

    async def refund(self, order: Order, refund: Refund, now: datetime) -> None:
        """There is nothing to give back."""

    async def inquire(self, order: Order, now: datetime) -> Told | None:  # noqa: ARG002 - the port's signature
        return None
