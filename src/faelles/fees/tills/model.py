"""Tills, their sessions, and the report at the end of the day."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.fees.desk.model import Means
from faelles.ground.fields import AmountOre, Id, ShortText
from faelles.ground.ids import BranchId
from faelles.ground.money import Ore

CountedOre = Annotated[int, Meta(ge=0, le=100_000_000)]


class MovementKind(StrEnum):
    PAYMENT = "payment"
    PAID_BACK = "paid_back"
    DEPOSIT = "deposit"
    """Change brought from elsewhere."""
    WITHDRAWAL = "withdrawal"
    """Taken to the bank."""


class CashMove(StrEnum):
    """The movements that no patron's payment makes."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"


class NewTill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id
    name: ShortText


class OpenTill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    float_ore: CountedOre = 0
    """The change that lies in it."""


class MoveCash(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: CashMove
    amount_ore: AmountOre
    reason: ShortText


class Counted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    means: Means
    amount_ore: CountedOre


class CloseTill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was counted: the cash, and for cards and telephones what the terminal's own report says."""

    counted: Annotated[tuple[Counted, ...], Meta(min_length=1, max_length=10)]
    note: ShortText | None = None


class Till(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    branch: BranchId
    name: str
    session: int | None
    """The one that is open."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    till: int
    branch: BranchId
    opened_at: datetime
    opened_by: str
    float_ore: Ore
    closed_at: datetime | None
    closed_by: str | None
    note: str | None


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """All movements of one kind by one means."""

    kind: MovementKind
    means: Means
    amount_ore: Ore
    number: int


class NewMovement(msgspec.Struct, frozen=True, kw_only=True):
    kind: MovementKind
    means: Means
    amount_ore: Ore
    """Above zero what goes in, below zero what goes out."""
    payment: int | None = None
    entry: int | None = None
    reason: str | None = None


class ReportLine(msgspec.Struct, frozen=True, kw_only=True):
    """One means of payment. What is expected is the sum of the rest; for cash with the float."""

    means: Means
    payments: int
    taken_ore: Ore
    paid_back_ore: Ore
    moved_ore: Ore
    expected_ore: Ore
    counted_ore: Ore | None
    difference_ore: Ore | None
    """Below zero something is missing; None where nobody counted."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A session with its figures: the closing report, or how it stands."""

    session: Session
    lines: tuple[ReportLine, ...]


class CashMoved(msgspec.Struct, frozen=True, kw_only=True):
    movement: int
    amount_ore: Ore
