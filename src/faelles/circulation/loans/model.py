"""What is asked of circulation and what it answers. Requests carry ids and scans, answers carry codes and facts;
nothing here is a sentence, and nothing here names a borrower.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.issues import IssueNamed
from faelles.circulation.desk.model import Borrower, Overrides, Pin
from faelles.circulation.transit.model import NextStop
from faelles.ground.fields import Id, ScannedItem, ShortText, trim
from faelles.ground.ids import BranchId, ItemNumber, LoanId, MaterialGroupId, PlacementId


class CheckoutRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lend `item` to `borrower` at `branch`.

    `second_borrower` has the book in hand while `borrower` answers for it. `overrides` are the blocks to step over,
    with `reason`. `renew_own` says whether scanning what the patron already has renews it. `lent_at` back-dates.
    """

    borrower: Borrower
    item: ScannedItem
    branch: Id
    pin: Pin | None = None
    second_borrower: Id | None = None
    due_on: date | None = None
    lent_at: datetime | None = None
    renew_own: bool = True
    overrides: Overrides = frozenset()
    reason: ShortText | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        trim(self, "item")

    def __repr__(self) -> str:
        return f"CheckoutRequest(item={self.item}, branch={self.branch})"


class Outcome(StrEnum):
    LENT = "lent"
    RENEWED = "renewed"
    REPEATED = "repeated"
    """The patron has had it since a moment ago: the same check-out again, nothing changed."""
    RETURNED = "returned"
    NOT_ON_LOAN = "not_on_loan"
    FOREIGN = "foreign"
    REFUSED = "refused"
    DONE = "done"
    ALLOWED = "allowed"
    """A dry run that would have succeeded."""


class Remark(StrEnum):
    """What the desk should know though nothing is refused."""

    SAME_TITLE_ON_LOAN = "same_title_on_loan"
    HAS_OVERDUES = "has_overdue_loans"
    OWES = "patron_owes"
    PARTS_MISSING = "parts_missing"
    CHECK_PARTS = "check_parts"
    PLANNED_FOR_OTHER = "planned_for_other"
    SHORTENED = "loan_shortened"
    SHORTENED_FOR_BOOKING = "loan_shortened_for_booking"
    BOOKING_COLLECTED = "booking_collected"
    RETURNED_FOR_OTHER = "returned_for_other"
    HOLD_READY = "hold_ready_for_borrower"
    JOURNEY_ENDED = "journey_ended"
    WRONG_TRANSFER = "wrong_transfer"
    ITEM_FOUND = "item_found"
    BACK_DATED = "back_dated"
    DAMAGED = "item_damaged"
    WITHDRAWN = "item_withdrawn"
    SEND_TO_LENDER = "send_to_lender"
    HOLD_COLLECTED = "hold_collected"


class ItemShown(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk sees of the copy."""

    number: ItemNumber
    title: str
    creators: tuple[str, ...]
    material_type: str
    material_group: MaterialGroupId
    owner_branch: BranchId
    placement: PlacementId
    """Where it belongs."""
    classification: str | None = None
    issue: IssueNamed | None = None
    """Of a periodical."""
    notes: tuple[str, ...] = ()
    missing_parts: tuple[str, ...] = ()


class CheckoutAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a check-out ended. Refused: `blocks` lists every reason, never just the first."""

    outcome: Outcome
    loan: LoanId | None = None
    due_on: date | None = None
    renewals: int = 0
    item: ItemShown | None = None
    blocks: tuple[Block, ...] = ()
    overridden: tuple[Block, ...] = ()
    warnings: tuple[Remark, ...] = ()
    charged_ore: int = 0


class ReturnRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take `item` back at `branch`. `returned_at` back-dates it (the book drop was emptied this morning)."""

    item: ScannedItem
    branch: Id
    returned_at: datetime | None = None
    found: bool = False
    """It stood on our own shelf, or lay in our own crate: the borrower owes nothing for being late."""
    fulfils_holds: bool = True
    """Tie the copy to the hold it fills at once; off, it is only sent towards the pickup branch."""
    overrides: Overrides = frozenset()
    reason: ShortText | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        trim(self, "item")


class ReturnAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How a return ended. Who had it is the loan's to say, to those who may see it."""

    outcome: Outcome
    loan: LoanId | None = None
    item: ItemShown | None = None
    next: NextStop | None = None
    days_overdue: int = 0
    charged_ore: int = 0
    returned_on: date | None = None
    blocks: tuple[Block, ...] = ()
    warnings: tuple[Remark, ...] = ()


class RenewalRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Renew some loans, all open loans of `patron`, or the one on `item`: one of the three. Each loan is answered by
    itself.
    """

    branch: Id
    loans: Annotated[tuple[Id, ...], msgspec.Meta(max_length=500)] = ()
    patron: Id | None = None
    item: ScannedItem | None = None
    overrides: Overrides = frozenset()
    reason: ShortText | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        if [bool(self.loans), self.patron is not None, self.item is not None].count(True) != 1:
            raise ValueError("either loans, patron or item")
        trim(self, "item")


class RenewalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How one loan's renewal ended."""

    outcome: Outcome
    loan: LoanId
    due_on: date | None = None
    renewals: int = 0
    item: ItemShown | None = None
    blocks: tuple[Block, ...] = ()
    overridden: tuple[Block, ...] = ()
    charged_ore: int = 0


class LossRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The copy is lost, or its borrower says that it was returned."""

    item: ScannedItem
    branch: Id
    dry_run: bool = False

    def __post_init__(self) -> None:
        trim(self, "item")


class LossAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`state` is the copy's new one."""

    outcome: Outcome
    state: str
    loan: LoanId | None = None
    item: ItemShown | None = None
    charged_ore: int = 0


class UndoRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Undo what was done to this loan last."""

    loan: Id
    branch: Id
    dry_run: bool = False


class UndoAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`released_ore` is how much less is claimed now. `overridden` are the limits that a loan which is open again
    exceeds: nobody is asked, for the book is out, but they are on record.
    """

    outcome: Outcome
    loan: LoanId
    item: ItemShown | None = None
    released_ore: int = 0
    overridden: tuple[Block, ...] = ()
