"""Where a copy goes now and why, and copies on their way. Codes and facts; the sentences are the doors'."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import PRINTABLE, Id, ItemNumberText, ScannedItem, ShortText, trim
from faelles.ground.ids import AgencyId, BranchId, HoldId, ItemId, ItemNumber, JourneyId


class Stop(StrEnum):
    """What whoever has the copy in hand does with it."""

    SHELVE = "shelve"
    """Onto the open shelf here, where it belongs."""
    FLOAT = "float"
    """Onto the open shelf here, where it now has its place."""
    HOLD_SHELF = "hold_shelf"
    """For somebody who picks it up here: under the shelf number, or, without one, to whoever shelves holds."""
    SEND = "send"
    ALERT = "alert"
    """Aside: a person must look."""


class JourneyReason(StrEnum):
    GOING_HOME = "going_home"
    FOR_HOLD = "for_hold"
    FLOATING = "floating"
    """To the branch of its float group that lacks it."""
    BY_HAND = "by_hand"
    """Somebody sent it."""
    FOREIGN = "foreign"
    """Home to another agency."""


class StopAlert(StrEnum):
    WITHDRAWN = "withdrawn"
    TO_LENDER = "to_lender"
    """Another library's copy, which nobody here waits for."""


class WhyCode(StrEnum):
    """What decided. Each has a sentence, `why_<code>`."""

    ARRIVED_FOR_HOLD = "arrived_for_hold"
    """It was bound to the hold before."""
    FIRST_IN_LINE = "first_in_line"
    PASSED_OVER = "passed_over"
    """So many of higher rank could not be served with it; each with its reason in the match log."""
    FOR_OTHER_AGENCY = "for_other_agency"
    """The hold is another municipality's request: the copy leaves from here."""
    MACHINE_ONLY_SENDS = "machine_only_sends"
    """The machine does not fulfil holds: the copy is sent towards the pickup branch and bound when it gets there."""
    AT_ITS_PLACE = "at_its_place"
    BELONGS_ELSEWHERE = "belongs_elsewhere"
    RULE_LETS_IT_STAY = "rule_lets_it_stay"
    ROOM_HERE = "room_here"
    NO_ROOM_HERE = "no_room_here"
    LACKING_THERE = "lacking_there"
    SENT_HERE_TO_FLOAT = "sent_here_to_float"
    WITHDRAWN = "withdrawn"
    TO_LENDER = "to_lender"
    OTHER_AGENCYS = "other_agencys"


class Why(msgspec.Struct, frozen=True):
    """One reason, with the figures it was decided by."""

    code: WhyCode
    parameters: dict[str, str | int] = {}


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed and put into the copy. `patron` is how the library lets somebody be named there, most often not
    at all.
    """

    here: str
    """The branch that prints it."""
    to: str | None = None
    reason: JourneyReason | None = None
    shelf_number: str | None = None
    pickup_deadline: date | None = None
    patron: str | None = None


class NextStop(msgspec.Struct, frozen=True, kw_only=True):
    """Where the copy goes now. `branch` and `name` are those it is sent to; a foreign copy's owner has a name and an
    ISIL.
    """

    stop: Stop
    branch: BranchId | None = None
    name: str | None = None
    isil: str | None = None
    reason: JourneyReason | None = None
    hold: HoldId | None = None
    shelf_number: str | None = None
    pickup_deadline: date | None = None
    alert: StopAlert | None = None
    why: tuple[Why, ...] = ()
    slip: Slip | None = None

    @property
    def stays(self) -> bool:
        """Whether it does not leave the branch."""
        return self.stop is not Stop.SEND


# -- Journeys


class JourneyShown(msgspec.Struct, frozen=True, kw_only=True):
    """One copy on its way within the agency."""

    id: JourneyId
    item: ItemId
    item_number: ItemNumber
    title: str
    from_branch: BranchId
    to_branch: BranchId
    reason: JourneyReason
    sent_at: datetime
    overdue_since: datetime | None
    crate: int | None
    crate_label: str | None
    crate_received: bool
    """The crate arrived, and the copy was not scanned out of it yet."""


class SendItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Send a copy that nobody has to another branch."""

    item: ScannedItem
    branch: Id
    """Where it is."""
    to: Id

    def __post_init__(self) -> None:
        trim(self, "item")


class ForeignShown(msgspec.Struct, frozen=True, kw_only=True):
    """A book of one municipality that another found. `found_at_branch` is None in what its owner reads."""

    id: int
    finder: AgencyId
    owner: AgencyId
    item_number: ItemNumber
    found_at_branch: BranchId | None
    found_at: datetime
    handed_over_at: datetime | None


class HandOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The driver has taken these foreign books. Each is answered by itself."""

    branch: Id
    books: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=500)]


class HandedOver(StrEnum):
    """What became of one of the books that a driver is to take."""

    HANDED_OVER = "handed_over"
    BEFORE = "handed_over_before"
    FOUND_ELSEWHERE = "found_elsewhere"
    """It was scanned at another branch since, and waits there."""
    NOT_FOUND = "not_found"


class BookHandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """`branch`: where the book was found last; None for one that there is not."""

    book: int
    outcome: HandedOver
    branch: BranchId | None = None


# -- Crates


CrateLabel = Annotated[str, Meta(min_length=1, max_length=40, pattern=PRINTABLE)]


class PackCrate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open a crate from `branch` to another, under the label that is printed on it."""

    label: CrateLabel
    branch: Id
    to: Id


class PutInCrate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Copies that are on their way from and to the crate's branches; each is answered by itself."""

    items: Annotated[tuple[ItemNumberText, ...], Meta(min_length=1, max_length=200)]


class Crate(msgspec.Struct, frozen=True, kw_only=True):
    """`copies` is how many lie in it that nobody has scanned at the other end."""

    id: int
    label: str
    from_branch: BranchId
    to_branch: BranchId
    packed_at: datetime
    sent_at: datetime | None
    received_at: datetime | None
    copies: int


class PutOutcome(StrEnum):
    PACKED = "packed"
    NOT_ON_THAT_WAY = "not_on_that_way"
    """Unknown, not on its way, or on its way between other branches."""


class Put(msgspec.Struct, frozen=True, kw_only=True):
    item: ItemNumber
    outcome: PutOutcome


# -- Vans


Weekday = Annotated[int, Meta(ge=1, le=7)]


class VanStop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`calls_at` is by the clock of the branch."""

    branch: Id
    calls_at: time | None = None


class Round(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The branches a van calls at on `weekday` (1 Monday ... 7 Sunday), in order."""

    weekday: Weekday
    stops: Annotated[tuple[VanStop, ...], Meta(min_length=1, max_length=200)]


class NewVan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rounds` are its whole week; no two of one weekday."""

    name: ShortText
    rounds: Annotated[tuple[Round, ...], Meta(max_length=7)] = ()


class Van(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    name: str
    rounds: tuple[Round, ...]


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What goes from one stop of a round to a later one."""

    branch: BranchId
    name: str
    copies: int
    crates: tuple[str, ...]


class SheetStop(msgspec.Struct, frozen=True, kw_only=True):
    """One stop of a route sheet: what is fetched here for later stops, and what is left here from earlier ones."""

    branch: BranchId
    name: str
    calls_at: time | None
    is_closed: bool
    """Nobody is there that day: the van drives past, and nothing is fetched or left."""
    fetch: tuple[Load, ...]
    leave: tuple[Load, ...]
    foreign: int
    """Books of other municipalities that wait here."""


class RouteSheet(msgspec.Struct, frozen=True, kw_only=True):
    van: int
    name: str
    day: date
    stops: tuple[SheetStop, ...]
