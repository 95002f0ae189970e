"""The lines of an offline log, and what is made of them. `CONFLICTS` is the one table that says what happens to each
conflict, for SIP2's no-block messages and the desk's offline log alike.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum, StrEnum, auto

import msgspec

from faelles.circulation.desk.blocks import Block, BlockCode
from faelles.circulation.loans.model import Outcome
from faelles.circulation.transit.model import NextStop
from faelles.ground.fields import Id, Scan, ScannedItem, trim
from faelles.ground.ids import LoanId


class Happened(StrEnum):
    CHECKOUT = "checkout"
    RETURN = "return"
    RENEWAL = "renewal"


class OfflineEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of an offline log. A check-out needs the `card`, or the `patron` where somebody was open already."""

    what: Happened
    item: ScannedItem
    branch: Id
    happened_at: datetime
    card: Scan | None = None
    patron: Id | None = None
    second_borrower: Id | None = None
    """Who has a check-out in hand while `patron` answers for it."""
    due_on: date | None = None
    """What the borrower was told; None: what the rules say."""
    for_others: bool = False
    """Whether somebody else than the borrower may have renewed it."""
    dry_run: bool = False
    """Only tell what would be made of it."""

    def __post_init__(self) -> None:
        trim(self, "item")

    def __repr__(self) -> str:
        return f"OfflineEntry({self.what}, item={self.item}, branch={self.branch})"


class OfflineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How the entry was taken. `conflicts` are on the work list; `next` is where a copy that came back goes."""

    outcome: Outcome
    loan: LoanId | None = None
    conflicts: tuple[Block, ...] = ()
    next: NextStop | None = None


class Handling(Enum):
    """What is done with a check-out that a rule would have stopped."""

    RECORD = auto()
    """The loan is written, and somebody looks at it."""
    RETURN_FIRST = auto()
    """The other's loan is closed at the time of this one: the copy had evidently come back. Somebody looks at it."""
    REPEAT = auto()
    """The loan is there already: nothing is written. Unless another has it in hand now, for whom the same patron
    answers: then as RETURN_FIRST.
    """
    LIST_ONLY = auto()
    """There is nobody, or nothing, to write a loan for: somebody looks at it."""


CONFLICTS: Mapping[BlockCode, Handling] = {
    BlockCode.PATRON_NOT_FOUND: Handling.LIST_ONLY,
    BlockCode.SCAN_AMBIGUOUS: Handling.LIST_ONLY,
    BlockCode.CARD_ENDED: Handling.LIST_ONLY,
    BlockCode.MATERIAL_NOT_FOUND: Handling.LIST_ONLY,
    BlockCode.SECOND_BORROWER_NOT_FOUND: Handling.RECORD,
    BlockCode.MEMBERSHIP_MISSING: Handling.RECORD,
    BlockCode.MEMBERSHIP_ENDED: Handling.RECORD,
    BlockCode.MEMBERSHIP_NOT_BEGUN: Handling.RECORD,
    BlockCode.PATRON_BLOCKED: Handling.RECORD,
    BlockCode.EXCLUDED: Handling.RECORD,
    BlockCode.DEBT_OVER_LIMIT: Handling.RECORD,
    BlockCode.HAS_OVERDUES: Handling.RECORD,
    BlockCode.TOO_MANY_LOANS: Handling.RECORD,
    BlockCode.TOO_MANY_OF_GROUP: Handling.RECORD,
    BlockCode.TOO_YOUNG: Handling.RECORD,
    BlockCode.MATERIAL_DISCARDED: Handling.RECORD,
    BlockCode.MATERIAL_NOT_LOANABLE: Handling.RECORD,
    BlockCode.LOANING_PROFILE_NOT_FOUND: Handling.RECORD,
    BlockCode.MATERIAL_NOT_READY: Handling.RECORD,
    BlockCode.MATERIAL_NOT_RECEIVED: Handling.RECORD,
    BlockCode.MATERIAL_SENT_HOME: Handling.RECORD,
    BlockCode.ON_HOLD_FOR_OTHER: Handling.RECORD,
    BlockCode.BOOKED: Handling.RECORD,
    BlockCode.NO_DUE_DATE: Handling.LIST_ONLY,
    BlockCode.DUE_DATE_NOT_ALLOWED: Handling.RECORD,
    BlockCode.ON_LOAN_TO_OTHER: Handling.RETURN_FIRST,
    BlockCode.ALREADY_LOANED: Handling.REPEAT,
}
