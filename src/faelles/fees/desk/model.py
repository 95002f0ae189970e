"""Requests and answers of the desk."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.fees.model import AgeClass, ChargeKind, EntryKind, Share
from faelles.ground.fields import AmountOre, Id, ShortText
from faelles.ground.ids import AccountId, BranchId, ChargeId, DivisionId, LoanId, PatronId
from faelles.ground.money import Ore


class Means(StrEnum):
    CASH = "cash"
    CARD = "card"
    MOBILE = "mobile"
    BANK = "bank"
    ONLINE = "online"
    COLLECTED = "collected"
    """To the municipality's debtor system, which tells us."""


class ManualKind(StrEnum):
    """What a desk may charge by hand; the rest follows from loans."""

    CARD = "card"
    HOLD_NOT_COLLECTED = "hold_not_collected"
    MANUAL = "manual"


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """A branch as the books see it: money taken there belongs to its division."""

    branch: BranchId
    division: DivisionId
    currency: str
    today: date
    """The day it is there."""


class ManualCharge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id
    kind: ManualKind
    amount_ore: AmountOre
    reason: ShortText
    """Stands on the bill."""


class Pay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id
    amount_ore: AmountOre
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")] = "DKK"
    means: Means
    reference: ShortText
    """The receipt's, terminal's or payment provider's number: one payment has one, for ever."""
    charges: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    """What is paid for; empty: the oldest debt first."""
    till: Id | None = None
    """Where the money lies, until somebody counts it."""


class Forgive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Reducing or waiving a claim."""

    branch: Id
    amount_ore: AmountOre | None = None
    """None: all that is owed of it."""
    reason: ShortText


class Reverse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id
    reason: ShortText
    till: Id | None = None
    """Of a payment: the till it is paid back from, by the means it was paid with."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    charge: ChargeId
    amount_ore: Ore


class NewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to enter."""

    account: AccountId
    reference: str
    means: Means
    amount_ore: Ore
    branch: BranchId | None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that was entered, and what it paid for."""

    payment: int
    parts: tuple[Share, ...]
    credit_ore: Ore
    """What nothing was owed for."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A payment, and what it paid for when it was made."""

    payment: int
    reference: str
    means: Means
    amount_ore: Ore
    paid_at: datetime
    parts: tuple[Part, ...]


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it is kept."""

    account: AccountId
    receipt: Receipt


class Forgiven(msgspec.Struct, frozen=True, kw_only=True):
    charge: ChargeId
    amount_ore: Ore
    outstanding_ore: Ore
    """What is still owed of the claim."""


class Reversed(msgspec.Struct, frozen=True, kw_only=True):
    entry: int
    """The entry that was reversed."""
    amount_ore: Ore
    """By how much the balance changed; above zero the patron owes more."""


class Charged(msgspec.Struct, frozen=True, kw_only=True):
    charge: ChargeId
    amount_ore: Ore


class Balance(msgspec.Struct, frozen=True, kw_only=True, rename={"for_patron": "for"}):
    """What a patron owes a division: the sum of all entries; below zero it is the patron's credit. For another patron:
    what is owed of the claims on their account that the patron is liable for, which stands in their balance too.
    """

    for_patron: PatronId
    """Whose account it is."""
    division: DivisionId
    currency: str
    balance_ore: Ore


class ClaimLine(msgspec.Struct, frozen=True, kw_only=True, rename={"for_patron": "for"}):
    """A claim with what has become of it."""

    for_patron: PatronId
    """Whose account it stands on: a child's, where a guardian is liable. It is paid there."""
    charge: ChargeId
    division: DivisionId
    kind: ChargeKind
    step: int
    age_class: AgeClass | None
    reason: str | None
    raised_at: datetime
    liable: PatronId | None
    """None where retention has taken the link away."""
    addressee: PatronId | None
    charged_ore: Ore
    outstanding_ore: Ore
    loans: tuple[LoanId, ...]


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the ledger."""

    entry: int
    division: DivisionId
    at: datetime
    kind: EntryKind
    amount_ore: Ore
    """Above zero what is owed grows, below zero it shrinks."""
    charge: ChargeId | None
    charge_kind: ChargeKind | None
    step: int | None
    reason: str | None
    reverses: int | None
    reference: str | None
    """Of the payment."""
    branch: BranchId | None


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """A patron's accounts in one division, as the desk decides about them."""

    accounts: tuple[AccountId, ...]
    current: AccountId | None
    currency: str | None


class Responsible(msgspec.Struct, frozen=True, kw_only=True):
    """A patron's age, and the adult who answers for their money just now."""

    birth_date: date | None
    guardian: PatronId | None
