"""What decisions about holds are made from, in the shapes of 0017_circulation_hold_steps.sql."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from faelles.circulation.desk.facts import BookedDays, EarlierAnswer, ItemState, PatronFacts
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds.model import Target
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    HoldId,
    IssueId,
    ItemId,
    ItemNumber,
    MaterialGroupId,
    PatronGroupId,
    PlacementId,
    RecordId,
)
from faelles.items.model import IN_THE_WORKSHOP
from faelles.policies.model import SettingsRevision


class Copy(msgspec.Struct, frozen=True, array_like=True):
    """One copy that may fill holds. `branch` is where it stands, or would stand."""

    item: ItemId
    number: ItemNumber
    branch: BranchId
    owner_branch: BranchId
    placement: PlacementId
    material_group: MaterialGroupId
    kind: str
    issue: IssueId | None
    minimum_age: int | None
    not_for_loan: bool
    condition: str
    acquired_on: date | None
    state: ItemState
    is_missed: bool
    is_bound: bool
    on_hold_shelf: bool
    bookings: tuple[BookedDays, ...] = ()

    @property
    def is_free(self) -> bool:
        """Whether somebody sent to the shelf would find it there, meant for nobody."""
        stands_there = self.state is ItemState.AVAILABLE and not self.is_missed and not self.on_hold_shelf
        return stands_there and not self.is_bound and self.condition not in IN_THE_WORKSHOP

    @property
    def comes_back(self) -> bool:
        """Whether it can be waited for."""
        return self.state not in {ItemState.LOST, ItemState.MISSING}


class Period(msgspec.Struct, frozen=True, array_like=True):
    """From `first` on and before `ended`; None is open."""

    first: date | None
    ended: date | None

    def holds_on(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.ended is None or day < self.ended)


class Waiting(msgspec.Struct, frozen=True, array_like=True):
    """A hold to which no copy is bound yet. `item` is the copy planned for it."""

    id: HoldId
    record: RecordId
    rank: int
    target: Target
    issue: IssueId | None
    wanted_item: ItemId | None
    division: DivisionId
    patron_group: PatronGroupId | None
    pickup: BranchId
    born: date | None
    active_from: date | None
    interest_until: date
    state: HoldState
    item: ItemId | None
    claimed_until: datetime | None
    absences: tuple[Period, ...]
    waived: tuple[str, ...]
    placed_on: date
    wanted_group: MaterialGroupId | None = None
    """Only copies of this group, or of one below it, will do."""
    home_branch: BranchId | None = None
    is_lending: bool = False
    """Another municipality's request: nobody's here."""
    is_parallel: bool = False
    """Of several titles the first hit cancels the rest."""
    nothing_fills: str | None = None
    """Why no copy will ever fill it, as matching found it last."""

    def is_claimed(self, now: datetime) -> bool:
        """Whether somebody is on the way to the shelf for it."""
        return self.item is not None and self.claimed_until is not None and self.claimed_until > now


class OwnHold(msgspec.Struct, frozen=True, array_like=True):
    """One of the patron's holds: open, or placed lately."""

    id: HoldId
    record: RecordId
    issue: IssueId | None
    wanted_item: ItemId | None
    division: DivisionId
    material_group: MaterialGroupId | None
    placed_on: date
    is_open: bool
    nth: int


class Wished(Protocol):
    """As much of a hold as tells whose turn comes before whose: an issue, one copy, or (None) any."""

    @property
    def issue(self) -> IssueId | None: ...
    @property
    def wanted_item(self) -> ItemId | None: ...


def compete(one: Wished, other: Wished) -> bool:
    """Whether two holds of one title could be given the same copy; as the SQL function `compete` says."""
    is_other_issue = one.issue != other.issue and None not in (one.issue, other.issue)
    is_other_copy = one.wanted_item != other.wanted_item and None not in (one.wanted_item, other.wanted_item)
    return not (is_other_issue or is_other_copy)


class Later(msgspec.Struct, frozen=True, array_like=True):
    """An open hold that begins on a day of its own."""

    rank: int
    active_from: date
    waits: bool
    """No copy is bound to it."""
    issue: IssueId | None = None
    wanted_item: ItemId | None = None


class AlsoWaiting(msgspec.Struct, frozen=True, array_like=True):
    """How many wait for the same."""

    issue: IssueId | None
    wanted_item: ItemId | None
    holds: int


class TitleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A title with all its copies. `last_rank` is that of the last open hold that is not in `later`, `waiting` how many
    wait for what, those in `later` among them.
    """

    record: RecordId
    title: str
    material_type: str
    classification: str | None
    is_periodical: bool
    last_rank: int | None
    later: tuple[Later, ...]
    waiting: tuple[AlsoWaiting, ...]
    copies: tuple[Copy, ...]


class PlacingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`had` are the titles the patron borrowed and returned; `records` say which title each record is now; `numbers`
    are ids for the holds to be, one for each wish.
    """

    revision: SettingsRevision
    earlier: EarlierAnswer | None
    ended_identifier: str | None
    is_ambiguous: bool
    numbers: tuple[HoldId, ...]
    patron: PatronFacts | None
    holds: tuple[OwnHold, ...]
    had: tuple[RecordId, ...]
    records: Sequence[tuple[RecordId, RecordId]]
    issues: Sequence[tuple[IssueId, RecordId]]
    items: Sequence[tuple[ItemNumber, ItemId, RecordId, bool]]
    titles: tuple[TitleFacts, ...]


class Awaiting(Protocol):
    """As much of a hold as a wait is looked up by."""

    @property
    def id(self) -> HoldId: ...
    @property
    def record(self) -> RecordId: ...
    @property
    def state(self) -> HoldState: ...
