"""What is asked about holds and what is answered. Requests carry ids and scans, answers codes and facts; only what
staff may see names a patron, by id.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.issues import IssueNamed
from faelles.circulation.desk.model import Borrower, Overrides
from faelles.ground.fields import Id, ScannedItem, ShortText, trim
from faelles.ground.ids import (
    BranchId,
    HoldId,
    IssueId,
    ItemId,
    ItemNumber,
    MaterialGroupId,
    PatronId,
    RecordId,
)

MOST_WISHES = 50
MOST_DAYS = 3650
"""As far ahead as a hold can be dated."""


class Target(StrEnum):
    """What fills a hold: any copy of the title, a copy of one issue of a periodical, or one copy."""

    TITLE = "title"
    ISSUE = "issue"
    ITEM = "item"


class Together(StrEnum):
    """What several wishes in one request are to each other."""

    PARALLEL = "parallel"
    """One will do: the first that is filled cancels the rest."""
    SEPARATE = "separate"


class ClosedWhy(StrEnum):
    """Why a hold is over. The first five close it as cancelled."""

    PATRON = "patron"
    STAFF = "staff"
    FILLED_BY_OTHER = "filled_by_other"
    """Another of the parallel holds was filled."""
    TITLE_GONE = "title_gone"
    """Nothing that could fill it is left: staff gave it up, and its patron is told."""
    TITLES_MERGED = "titles_merged"
    """Its title became one with another that its patron waited for: one of the two wishes is enough."""
    COLLECTED = "collected"
    INTEREST_OVER = "interest_over"
    NOT_COLLECTED = "not_collected"


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title by its record, one issue of it, or (for staff) one copy by its number: one of the three. With a
    `material_group`, only copies of the title that are of this group, or of one below it, will do.
    """

    record: Id | None = None
    issue: Id | None = None
    item: ScannedItem | None = None
    material_group: Id | None = None

    def __post_init__(self) -> None:
        if [self.record, self.issue, self.item].count(None) != 2:  # noqa: PLR2004 - two of the three
            raise ValueError("one of record, issue and item")
        if self.material_group is not None and self.record is None:
            raise ValueError("material_group goes with record")
        trim(self, "item")


class PlaceHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put `patron` in the queue. `interest_until` is the last day it makes sense, `active_from` the first: before that
    day the place is kept and the patron skipped. `overrides` are the blocks to step over, with `reason`.
    """

    patron: Borrower
    wish: Wish
    pickup: Id
    interest_until: date | None = None
    active_from: date | None = None
    overrides: Overrides = frozenset()
    reason: ShortText | None = None
    dry_run: bool = False


class PlaceHolds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `PlaceHold`, for several wishes at once. `all_or_nothing`: one that is refused keeps the others from being
    placed; else the successes stand.
    """

    patron: Borrower
    wishes: Annotated[tuple[Wish, ...], msgspec.Meta(min_length=1, max_length=MOST_WISHES)]
    pickup: Id
    together: Together = Together.PARALLEL
    all_or_nothing: bool = True
    interest_until: date | None = None
    active_from: date | None = None
    overrides: Overrides = frozenset()
    reason: ShortText | None = None
    dry_run: bool = False


class PlacingOutcome(StrEnum):
    PLACED = "placed"
    REFUSED = "refused"
    ALLOWED = "allowed"
    """It would have succeeded: a dry run, or another wish of the same order was refused."""


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """How one wish ended. `position` counts from 1, the hold itself included. Refused: every reason."""

    outcome: PlacingOutcome
    wish: Wish
    hold: HoldId | None = None
    record: RecordId | None = None
    title: str | None = None
    position: int | None = None
    interest_until: date | None = None
    blocks: tuple[Block, ...] = ()
    overridden: tuple[Block, ...] = ()


class Placing(msgspec.Struct, frozen=True, kw_only=True):
    """`transaction` is shared by the holds that were placed together; None where none was."""

    transaction: HoldId | None
    holds: tuple[Placed, ...]

    @property
    def is_refused(self) -> bool:
        return any(each.outcome is PlacingOutcome.REFUSED for each in self.holds)


class ChangeHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is."""

    pickup: Id | None = None
    interest_until: date | None = None
    active_from: date | msgspec.UnsetType | None = msgspec.UNSET
    """None: from now on."""
    overrides: Overrides = frozenset()
    reason: ShortText | None = None


class CancelHolds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Each hold is answered by itself; one that is over already stays as it ended."""

    holds: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=200)]


class CancelOutcome(StrEnum):
    CANCELLED = "cancelled"
    OVER_ALREADY = "over_already"
    ON_ITS_WAY = "on_its_way"
    """A copy is bound to it: only staff may cancel now."""
    CAN_BE_FILLED = "can_be_filled"
    """It was to be cancelled because nothing can fill it, and something can."""
    NOT_FOUND = "not_found"


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    hold: HoldId
    outcome: CancelOutcome


class MoveTo(StrEnum):
    TOP = "top"
    UP = "up"
    DOWN = "down"
    BOTTOM = "bottom"


class MoveHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Move a hold in its queue: by one, to an end, or just before another. One of the two, with a reason."""

    to: MoveTo | None = None
    before: Id | None = None
    reason: ShortText

    def __post_init__(self) -> None:
        if (self.to is None) == (self.before is None):
            raise ValueError("either to or before")


class HoldShown(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as staff and its own patron see it. `patron` is None in what a patron reads, and where it is another
    agency's request. `position` counts those who wait for the same copies: for the title, or of a periodical for the
    issue; None once a copy is bound.
    """

    id: HoldId
    target: Target
    record: RecordId
    title: str
    creators: tuple[str, ...]
    material_type: str
    issue: IssueId | None
    issue_named: IssueNamed | None
    wanted_item: ItemNumber | None
    wanted_group: MaterialGroupId | None
    transaction: HoldId
    is_parallel: bool
    patron: PatronId | None
    pickup: BranchId
    state: HoldState
    placed_at: datetime
    active_from: date | None
    interest_until: date
    position: int | None
    waiting: int | None
    """How many wait for the same copies."""
    item: ItemId | None
    item_number: ItemNumber | None
    shelf_number: str | None
    pickup_deadline: date | None
    nothing_fills: str | None = None
    """Why no copy of ours will ever fill it, as things stand (a code as in `why_not`); None: one may."""
    closed_at: datetime | None = None
    closed_why: ClosedWhy | None = None


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """How long yet, in whole days, and what it was reckoned from."""

    days: int | None
    """None: nothing comes back that could fill it, or the patron is away until further notice."""
    position: int
    copies: int
    """Copies that could fill the hold."""
    loan_days: int
    returned_lately: int
    """Returns of the title in the last 90 days."""


class MatchLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision about a hold: `matched`, `released`, `captured`, `moved`. `details` say why, in codes and figures;
    of a capture also who of higher rank was passed over.
    """

    at: datetime
    outcome: str
    item: ItemId | None
    item_number: ItemNumber | None
    details: dict[str, Any]


class InQueue(msgspec.Struct, frozen=True, kw_only=True):
    """One hold of the queue as matching sees it at this moment: the copy it gets, or why none."""

    hold: HoldId
    position: int
    item: ItemId | None = None
    item_number: ItemNumber | None = None
    reach: str | None = None
    """How the copy gets to the pickup branch."""
    days: int | None = None
    next_reach: str | None = None
    """How the next best copy would have come."""
    why_not: str | None = None


class HoldExplained(msgspec.Struct, frozen=True, kw_only=True):
    """Why this copy, why not me, how long yet. `here` is None once a copy is bound or the hold is over. What a patron
    reads has neither `queue` nor `log`, and names no copy: nothing in it is about anybody else.
    """

    hold: HoldShown
    here: InQueue | None
    wait: Wait | None
    queue: tuple[InQueue, ...] = ()
    """Everybody before who could be given the same copies, and the hold itself."""
    log: tuple[MatchLogEntry, ...] = ()
