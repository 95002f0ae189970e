"""What taking a copy back is decided from, in the shapes of 0010_circulation_loads.sql and
0018_circulation_shelf_steps.sql.
"""

from datetime import date, datetime

import msgspec

from faelles.circulation.desk.facts import EarlierAnswer, ItemFacts, PatronFacts
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.holds.facts import Copy, Waiting
from faelles.circulation.loans.facts import JourneyFacts, LoanFacts
from faelles.ground.ids import BranchId, DivisionId, HoldId, PatronGroupId, PlacementId
from faelles.policies.model import SettingsRevision


class BoundHold(msgspec.Struct, frozen=True, array_like=True):
    """The hold a copy is bound to."""

    hold: HoldId
    pickup: BranchId
    state: HoldState
    division: DivisionId
    patron_group: PatronGroupId | None
    shelf_number: str | None
    pickup_deadline: date | None
    is_lending: bool = False
    """Another municipality's request: nobody's here."""


class FloatFacts(msgspec.Struct, frozen=True, array_like=True):
    """The subject under which a copy floats here, and of each branch: room, and copies that have their place there."""

    subject: int
    levels: tuple[tuple[BranchId, int, int], ...] | None


class QueueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a copy may be for. `waiting` are the first in line, by rank; `free_number` is the copy's until the commit,
    where somebody may put it onto the hold shelf.
    """

    bound: BoundHold | None = None
    planned_for: HoldId | None = None
    """Who was to get it, before it was in anybody's hand."""
    waiting: tuple[Waiting, ...] = ()
    copy: Copy | None = None
    free_number: int | None = None


class CheckInFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What decides where a copy goes."""

    active_placement: PlacementId | None = None
    queue: QueueFacts = QueueFacts()
    floats: FloatFacts | None = None
    is_looked_for: bool = False
    """It has a place on a hold shelf, or somebody did not find it where it should be."""


class ReturnFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`patron` is the first borrower of the open loan.

    `seen_elsewhere_at` is when another municipality's desk first saw the item during this loan. `check_in` is None for
    an unknown item, and where it was not asked for.
    """

    revision: SettingsRevision
    earlier: EarlierAnswer | None
    patron: PatronFacts | None
    item: ItemFacts | None
    loan: LoanFacts | None
    journey: JourneyFacts | None
    seen_elsewhere_at: datetime | None
    check_in: CheckInFacts | None
