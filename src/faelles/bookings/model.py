"""What a booking is."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from faelles.ground.fields import Id, ItemNumberText, LongText
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    ItemId,
    ItemNumber,
    LoanId,
    PatronGroupId,
    PatronId,
    PlacementId,
    RecordId,
)

Quantity = Annotated[int, Meta(ge=1, le=1000)]


class BookingState(StrEnum):
    BOOKED = "booked"
    LENT = "lent"
    CLOSED = "closed"
    """Everything that was lent is back."""
    CANCELLED = "cancelled"


class BookingOutcome(StrEnum):
    """How one wish of a batch ended."""

    BOOKED = "booked"
    NOT_ENOUGH = "not_enough"
    NOT_ALLOWED = "not_allowed"
    """The branch takes no bookings, or none from this patron."""
    NOT_CHANGEABLE = "not_changeable"
    """It was lent or cancelled already."""
    OTHER_REFUSED = "other_refused"
    """This one would have been booked; another of the batch could not."""


class NewBooking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`wanted` copies of a title, at least `minimum`, from `first_day` to `last_day`, from the branch that has them."""

    record: Id
    from_branch: Id
    delivery_branch: Id
    first_day: date
    last_day: date
    wanted: Quantity
    minimum: Quantity = 1
    patron_group: Id | None = None
    """The class or group it is for, as the web site knows it."""
    forwards: bool = False
    """Whoever has it next gets it straight from here."""
    note: LongText | None = None


class BookAll(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of them or none."""

    bookings: Annotated[tuple[NewBooking, ...], Meta(min_length=1, max_length=50)]


class ChangeBooking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. What is kept for it is chosen anew."""

    delivery_branch: Id | UnsetType = UNSET
    first_day: date | UnsetType = UNSET
    last_day: date | UnsetType = UNSET
    wanted: Quantity | UnsetType = UNSET
    minimum: Quantity | UnsetType = UNSET
    forwards: bool | UnsetType = UNSET
    note: LongText | UnsetType | None = UNSET


class CancelBookings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bookings: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)]


class LendBooking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the copies kept for it are handed out; none named: all."""

    branch: Id
    items: Annotated[tuple[ItemNumberText, ...], Meta(max_length=1000)] = ()


class Booking(Struct, frozen=True, kw_only=True):
    """A booking as it is shown. `copies` and `stocked` are what is kept for it."""

    id: int
    patron: PatronId
    record: RecordId
    division: DivisionId
    from_branch: BranchId
    delivery_branch: BranchId
    patron_group: PatronGroupId | None
    first_day: date
    last_day: date
    wanted: int
    minimum: int
    forwards: bool
    note: str | None
    state: BookingState
    copies: int
    stocked: int
    loans: tuple[LoanId, ...]
    booked_at: datetime


class Booked(Struct, frozen=True, kw_only=True):
    outcome: BookingOutcome
    booking: Booking | None = None


class BookedPeriod(Struct, frozen=True, kw_only=True):
    first_day: date
    last_day: date
    wanted: int


class BranchInformation(Struct, frozen=True, kw_only=True):
    """How many copies a branch has for booking at all, and which periods are taken."""

    branch: BranchId
    copies: int
    booked: tuple[BookedPeriod, ...]


class ToPack(Struct, frozen=True, kw_only=True):
    """A copy to be fetched for a booking that begins soon."""

    booking: int
    first_day: date
    delivery_branch: BranchId
    item: ItemId
    item_number: ItemNumber
    placement: PlacementId
    title: str


class BookableCopy(Struct, frozen=True, kw_only=True):
    """A copy that nothing but policy might keep from being booked."""

    item: ItemId
    placement: PlacementId
    material_group: int
