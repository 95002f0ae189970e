"""What circulation hands over when money is due, and what it learns."""

from datetime import date
from enum import StrEnum

import msgspec

from faelles.ground.ids import AccountId, BranchId, ChargeId, DivisionId, HoldId, LoanId, PatronId, RuleId
from faelles.ground.money import Ore


class AgeClass(StrEnum):
    CHILD = "child"
    ADULT = "adult"


class ChargeKind(StrEnum):
    """What a claim is for. With the step it says everything that the sentence on a bill needs."""

    OVERDUE = "overdue"
    REPLACEMENT = "replacement"
    PROCESSING = "processing"
    """The work of buying and preparing another copy."""
    CARD = "card"
    HOLD_NOT_COLLECTED = "hold_not_collected"
    MANUAL = "manual"


class EntryKind(StrEnum):
    CHARGE = "charge"
    PAYMENT = "payment"
    REDUCTION = "reduction"
    """The claim was too high."""
    WAIVER = "waiver"
    """The claim was right, and the library lets it go."""
    REVERSAL = "reversal"


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Whose account a claim stands on, who is liable for it and who gets the bill: fixed when it arises, for guardians
    change and children turn 18.
    """

    patron: PatronId
    liable: PatronId
    addressee: PatronId


class LateReturn(msgspec.Struct, frozen=True, kw_only=True):
    """A loan that was returned, or renewed, after its due date."""

    parties: Parties
    division: DivisionId
    branch: BranchId
    """Where it was handed in or renewed."""
    loan: LoanId
    lent_on: date
    due_on: date
    settled_on: date
    """The local day of the return or renewal."""
    days_overdue: int
    """As `rules.days_late` counts them."""
    age_class: AgeClass
    """By the patron's age on `settled_on`: `rules.age_class`."""
    tariff: tuple[Ore, Ore, Ore]
    """What each step costs the patron's age class on that day, an amnesty taken off; 0 where nothing is charged."""
    rule: RuleId | None
    currency: str = "DKK"


class Replacement(msgspec.Struct, frozen=True, kw_only=True):
    """A loan whose item is lost."""

    parties: Parties
    division: DivisionId
    branch: BranchId
    loan: LoanId
    price_ore: Ore
    """The item's price, else the policy's default: `rules.replacement_price`; 0 where nothing is claimed."""
    processing_ore: Ore
    age_class: AgeClass
    rule: RuleId | None
    currency: str = "DKK"


class Uncollected(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that lay ready until its pickup deadline had passed."""

    parties: Parties
    division: DivisionId
    branch: BranchId
    """Where it waited."""
    hold: HoldId
    amount_ore: Ore
    """What the policy says; 0 where the library charges nothing."""
    rule: RuleId | None
    age_class: AgeClass | None = None
    currency: str = "DKK"


class ChargeRaised(msgspec.Struct, frozen=True, kw_only=True):
    """The claim a loan now stands on."""

    charge: ChargeId
    account: AccountId
    kind: ChargeKind
    step: int
    amount_ore: Ore
    """What was charged now: 0 when the loan joined a claim that stood already."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One claim to be raised, or joined where it stands already."""

    parties: Parties
    division: DivisionId
    branch: BranchId
    currency: str
    kind: ChargeKind
    batch: str
    step: int
    amount_ore: Ore
    """What the tariff says, before what the batch is asked for already is taken off."""
    loan: LoanId | None = None
    age_class: AgeClass | None = None
    rule: RuleId | None = None
    reason: str | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What stands already where a claim is to be raised."""

    account: AccountId | None
    """The account the claim belongs on; None where the patron has none in the division yet."""
    charge: ChargeId | None
    """The batch's claim of the same kind and step."""
    has_line: bool
    """Whether the loan stands on that claim."""
    claimed_ore: Ore
    """What the batch is asked for, over all its steps."""
    credit_ore: Ore
    """What the patron has paid in the division that no claim uses."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the ledger that nothing has reversed."""

    id: int
    account: AccountId
    charge: ChargeId | None
    """None: a payment that no claim uses, the patron's credit."""
    kind: EntryKind
    amount_ore: Ore
    """Above zero what is owed grows, below zero it shrinks."""
    payment: int | None


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to write."""

    account: AccountId
    charge: ChargeId | None
    kind: EntryKind
    amount_ore: Ore
    reverses: int | None = None
    payment: int | None = None
    reason: str | None = None


class ClaimFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says about the claim whose money moves."""

    charge: ChargeId
    account: AccountId
    division: DivisionId
    kind: ChargeKind
    step: int
    age_class: AgeClass | None


class BatchClaim(msgspec.Struct, frozen=True, kw_only=True):
    """One claim of a batch, with the tariff amounts of the loans that still stand on it."""

    facts: ClaimFacts
    lines: tuple[Ore, ...]


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of one claim: what it shall be, or what is owed of it."""

    charge: ChargeId
    account: AccountId
    amount_ore: Ore


class Discrepancy(msgspec.Struct, frozen=True, kw_only=True):
    """Something in the books that cannot be: which check failed, on which account, about which row."""

    check: str
    account: AccountId
    subject: int
    amount_ore: Ore
