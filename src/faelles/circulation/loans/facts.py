"""What a decision about loans is made from: all that one load locked and read, in the shapes of
0010_circulation_loads.sql.
"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from faelles.circulation.desk.facts import BookedDays, EarlierAnswer, ItemFacts, ItemState, PatronFacts, SignIn, is_late
from faelles.circulation.desk.hold_states import HoldState
from faelles.ground.ids import BranchId, DivisionId, HoldId, ItemId, JourneyId, LoanId, PatronGroupId, PatronId
from faelles.policies.model import SettingsRevision


class LoanKind(StrEnum):
    LOAN = "loan"
    INTERLIBRARY = "interlibrary"


class ClosedHow(StrEnum):
    RETURNED = "returned"
    UNDONE = "undone"
    PAID = "paid"
    """The copy is lost, and nothing is owed for it any more."""


class LoanCourse(msgspec.Struct, frozen=True, kw_only=True):
    """How far a loan has come, whoever it is to."""

    id: LoanId
    item: ItemId
    division: DivisionId
    lent_at: datetime
    due_on: date
    renewals: int
    lost_at: datetime | None
    claimed_returned_at: datetime | None
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_stopped(self) -> bool:
        """Lost, or said to be returned."""
        return self.lost_at is not None or self.claimed_returned_at is not None

    def is_overdue(self, day: date) -> bool:
        return is_late(self.due_on, day, is_stopped=self.is_stopped)


class LoanStanding(LoanCourse, frozen=True, kw_only=True):
    """All of a loan that a renewal is decided by."""

    lent_on: date


class LoanFacts(LoanStanding, frozen=True, kw_only=True):
    kind: LoanKind
    branch: BranchId
    patron_group: PatronGroupId | None
    closed_on: date | None
    closed_how: ClosedHow | None
    borrower: PatronId | None
    second_borrower: PatronId | None

    @property
    def item_state(self) -> ItemState:
        """The state its copy is in as long as the loan is open."""
        if self.lost_at is not None:
            return ItemState.LOST
        return ItemState.ON_LOAN if self.claimed_returned_at is None else ItemState.CLAIMED_RETURNED

    def is_borrowed_by(self, patron: PatronId) -> bool:
        return patron in {self.borrower, self.second_borrower}


class JourneyFacts(msgspec.Struct, frozen=True, array_like=True):
    id: JourneyId
    from_branch: BranchId
    to_branch: BranchId
    reason: str


class TouchedHold(msgspec.Struct, frozen=True, array_like=True):
    """An open hold that a check-out is about: the copy is meant for it, or it is the patron's for this title.

    `is_filled`: this copy would do.
    """

    id: HoldId
    state: HoldState
    is_this_copy: bool
    is_mine: bool
    is_filled: bool


class CheckoutFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`loan` is whatever is open on the item, `holder` whoever answers for it where that is not the patron.

    `ended_identifier` says why a known card no longer counts, `is_ambiguous` that the scan fits two patrons (a card
    number and a civil registration number).
    """

    revision: SettingsRevision
    earlier: EarlierAnswer | None
    sign_in: SignIn | None
    ended_identifier: str | None
    is_ambiguous: bool
    patron: PatronFacts | None
    holder: PatronFacts | None
    item: ItemFacts | None
    loan: LoanFacts | None
    holds: tuple[TouchedHold, ...] = ()
    """By rank."""
    is_on_hold_shelf: bool
    bookings: tuple[BookedDays, ...] = ()
    """In the order of their days, long past ones among them."""
    waited_for_from: date | None
    """While it is on loan: the first day on which others want it, for whom no other copy is planned."""
    next_loan: LoanId
    """The number of the loan, should it come to one: drawn beforehand, so that nobody waits to hear it."""


class LoanAndItem(msgspec.Struct, frozen=True):
    """`lent_again`: the loan is closed, and the item has been lent since. `waited_for_from`: the first day on which
    somebody wants it for whom no other copy is planned.
    """

    loan: LoanFacts
    item: ItemFacts
    lent_again: bool
    waited_for_from: date | None = None
    bookings: tuple[BookedDays, ...] = ()


class Borrowed(msgspec.Struct, frozen=True):
    """Loans that one patron answers for."""

    patron: PatronFacts
    loans: tuple[LoanAndItem, ...]


class LoansFacts(msgspec.Struct, frozen=True, kw_only=True):
    revision: SettingsRevision
    earlier: EarlierAnswer | None
    borrowed: tuple[Borrowed, ...]
