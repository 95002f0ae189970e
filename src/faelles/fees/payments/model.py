"""Orders, what a provider says about them, and refunds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.fields import AmountOre, Code, Id, ShortText
from faelles.ground.ids import AccountId, ChargeId, DivisionId, PatronId
from faelles.ground.money import Ore

Url = Annotated[str, Meta(max_length=500, pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+([/?#][\x21-\x7e]*)?$(?!\n)")]
Payload = Annotated[str, Meta(max_length=10_000)]
Signature = Annotated[str, Meta(max_length=200, pattern=r"^[\x21-\x7e]*$(?!\n)")]


@dataclass(frozen=True, slots=True)
class Outside:
    """What it takes to speak to a system outside."""

    keyring: Keyring
    installation: Installation


class OrderState(StrEnum):
    CREATED = "created"
    """The provider has not answered yet."""
    STARTED = "started"
    """The patron is at the provider's."""
    AUTHORIZED = "authorized"
    """The money is reserved, and is to be taken."""
    CAPTURED = "captured"
    """Taken, and in the books."""
    CANCELLING = "cancelling"
    """Nothing is to be taken; the provider is to be told."""
    CANCELLED = "cancelled"
    FAILED = "failed"


class Told(StrEnum):
    """What a provider says has become of an order."""

    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    """Reserved and taken in one, all of it."""
    CANCELLED = "cancelled"
    FAILED = "failed"


class RefundState(StrEnum):
    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"
    """It is the patron's credit again."""


class StartPayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    charges: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=200)]
    """Claims on one account in one division: one's own, or those of somebody one is liable for."""
    return_url: Url
    """Where the provider sends the patron afterwards."""


class SignedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`payload` is JSON as text, so that both sides sign the same bytes; `signature` as in ground/signed_http.py."""

    payload: Payload
    signature: Signature


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's payload says; more than this is passed over."""

    order: Code
    state: Told
    amount_ore: AmountOre | None = None
    """What is reserved, or taken; None: what was ordered, or what we asked it to take."""


class Pretend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens at the built-in provider."""

    order: Code
    state: Told


class RefundRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount_ore: AmountOre
    reason: ShortText


class Line(msgspec.Struct, frozen=True, kw_only=True):
    charge: ChargeId
    amount_ore: Ore


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """A claim that somebody wishes to pay."""

    charge: ChargeId
    patron: PatronId
    """On whose account it stands."""
    division: DivisionId
    account: AccountId
    """The patron's current one there."""
    currency: str
    liable: PatronId | None
    outstanding_ore: Ore


class NewOrder(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    account: AccountId
    currency: str
    return_url: str
    lines: tuple[Line, ...]

    @property
    def amount_ore(self) -> Ore:
        return Ore(sum(line.amount_ore for line in self.lines))


class Order(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    reference: str
    """What the provider knows it by."""
    account: AccountId
    division: DivisionId
    patron: PatronId | None
    """On whose account the claims stand; None where retention has taken the link away."""
    amount_ore: Ore
    currency: str
    return_url: str
    state: OrderState
    provider_id: str | None
    redirect_url: str | None
    """Where the patron pays."""
    capture_ore: Ore | None
    """What is taken of it: what was still owed when the money was reserved."""
    payment: int | None
    created_at: datetime
    lines: tuple[Line, ...]


class OrderShown(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    reference: str
    state: OrderState
    amount_ore: Ore
    captured_ore: Ore
    currency: str
    redirect_url: str | None
    lines: tuple[Line, ...]
    created_at: datetime


class OrderMade(msgspec.Struct, frozen=True):
    """What an idempotency key keeps of an order."""

    id: int


class Started(msgspec.Struct, frozen=True):
    """What a provider answers to a new order."""

    provider_id: str
    redirect_url: Url


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    order: int
    amount_ore: Ore
    reason: str
    state: RefundState


class RefundMade(msgspec.Struct, frozen=True):
    """What an idempotency key keeps of a refund."""

    id: int


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """What a round over unfinished orders and refunds came to."""

    done: int
    left: int
