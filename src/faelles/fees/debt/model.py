"""What is said to a debtor system and by it, and what a comparison finds."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.fees.model import ChargeKind
from faelles.ground.errors import Parameter
from faelles.ground.fields import PRINTABLE, AmountOre, Id, ShortText
from faelles.ground.ids import AccountId, ChargeId, DivisionId, PatronId
from faelles.ground.money import Ore

ExternalId = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$(?!\n)")]


FileName = Annotated[str, Meta(min_length=1, max_length=200, pattern=PRINTABLE)]


class MessageKind(StrEnum):
    CLAIM = "claim"
    ADJUSTMENT = "adjustment"
    """What is owed of a claim has changed here: it was paid, waived, or found not to be owed."""


class AnswerKind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    REFUSAL = "refusal"
    """A message that cannot be used: an unknown debtor."""
    PAYMENT = "payment"
    REDUCTION = "reduction"
    WRITE_OFF = "write_off"


MONEY = frozenset({AnswerKind.PAYMENT, AnswerKind.REDUCTION, AnswerKind.WRITE_OFF})


class Debtor(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the claim is addressed to, as fixed when it arose."""

    patron: PatronId
    cpr: str | None
    name: str
    street: str | None
    postal_code: str | None
    city: str | None

    def __repr__(self) -> str:
        return f"Debtor({self.patron})"


class OutMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a file that goes out."""

    number: int
    """Counts without gaps within the agency."""
    kind: MessageKind
    claim: ChargeId
    amount_ore: Ore
    """Of a claim what is owed; of an adjustment by how much that changes, below zero where it shrinks."""
    currency: str
    charge: ChargeKind
    raised_on: date
    debtor: Debtor | None = None
    """Of a claim."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that the debtor system says."""

    id: ExternalId
    """Its own name for it, used for nothing else ever."""
    kind: AnswerKind
    message: Id | None = None
    """Of an acknowledgement or a refusal."""
    claim: Id | None = None
    """Of money."""
    amount_ore: AmountOre | None = None
    on: date | None = None
    reason: ShortText | None = None

    @property
    def is_complete(self) -> bool:
        if self.kind in MONEY:
            return self.message is None and self.claim is not None and self.amount_ore is not None
        return self.message is not None and self.claim is None and self.amount_ore is None

    def says_again(self, kept: "Answer") -> bool:
        """Whether it is what came before. A reason that is not there any more went with whom it was about."""
        reason = None if kept.reason is None else self.reason
        return msgspec.structs.replace(self, reason=reason) == kept


class TheirBalance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the debtor system believes is owed of a claim."""

    claim: Id
    amount_ore: int


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a debtor system says by message instead of by file."""

    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=1000)]


class OutMessageKept(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it stands in the outbox, with what the file needs to know of its claim."""

    number: int
    kind: MessageKind
    charge: ChargeId
    amount_ore: Ore
    currency: str
    charge_kind: ChargeKind
    raised_on: date
    addressee: PatronId | None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Something the debtor system must be told."""

    charge: ChargeId
    kind: MessageKind
    amount_ore: Ore


class SettleAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    answer: ExternalId
    """The name it came under."""
    reason: ShortText


class SettleFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    file: FileName
    """The name on the report."""
    reason: ShortText


class HandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """A claim at the debtor system, as an answer finds it."""

    charge: ChargeId
    account: AccountId
    division: DivisionId
    patron: PatronId | None
    told_ore: Ore


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """When a division hands over."""

    division: DivisionId
    raised_before: datetime
    from_ore: Ore
    """What is owed in all, at least."""


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    claims: int
    adjustments: int
    file: int | None
    """The number of the file that was made; None where there was nothing to say."""


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    applied: int
    repeated: int
    """Known already: nothing was done."""
    parked: int
    """About something unknown; tried again whenever something comes in."""
    contradicted: int
    """Known already with other words; the first ones stand."""


class FilesImported(msgspec.Struct, frozen=True, kw_only=True):
    files: int
    refused: tuple[str, ...]
    """Names of files that could not be used; they were set aside."""
    answers: Imported


class Mismatch(msgspec.Struct, frozen=True, kw_only=True):
    """Something that keeps the two sides' books from agreeing; there should be none."""

    check: str
    subject: str
    """The claim, message, file or answer."""
    amount_ore: int | None = None
    why: str | None = None
    """What is wrong with a file, as a code; `details`: what the text of it names."""
    details: Mapping[str, Parameter] = {}


class ClaimShown(msgspec.Struct, frozen=True, kw_only=True):
    """A claim at the debtor system."""

    charge: ChargeId
    division: DivisionId
    handed_over_at: datetime
    told_ore: Ore
    outstanding_ore: Ore
    is_refused: bool
