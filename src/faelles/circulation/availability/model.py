"""Titles with their copies, as anybody may see them: nothing of who has or awaits one."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from faelles.catalog.numbers.rules import number_of
from faelles.circulation.desk.issues import IssueNamed
from faelles.circulation.holds.facts import Copy
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    ItemId,
    ItemNumber,
    LoanId,
    MaterialGroupId,
    PlacementId,
    RecordId,
)
from faelles.policies.compiled import Settings
from faelles.policies.model import SettingsRevision


class Title(NamedTuple):
    """A title by the number it was asked for under."""

    number: str
    record: RecordId


class Chosen(NamedTuple):
    """Whose copies are told of: those in a division's branches, but for some."""

    settings: Settings
    division: DivisionId
    without: Collection[BranchId] = ()


class CopyOfTitle(Copy, frozen=True, array_like=True, kw_only=True):
    """As it is read for many titles at once: `is_missed`, `is_bound` and `on_hold_shelf` only of one on a shelf."""

    record: RecordId


class TitleFound(NamedTuple):
    """A title by the number it was asked for under, with all its copies in the agency that may ever fill a hold.
    `waiting`: open holds on it.
    """

    number: str
    record: RecordId
    waiting: int
    copies: Sequence[Copy]


class TitlesFound(NamedTuple):
    """In the order they were asked for."""

    revision: SettingsRevision
    titles: list[TitleFound]


class CopyStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A copy and where it stands or will stand again. `is_on_shelf`: meant for nobody, and to be found there."""

    item: ItemId
    number: ItemNumber
    branch: BranchId
    placement: PlacementId
    material_group: MaterialGroupId
    issue: IssueNamed | None
    is_on_shelf: bool
    is_reservable: bool
    due_on: date | None


class TitleStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A title of a division. `waiting`: open holds on it in the agency."""

    number: str
    record: RecordId
    waiting: int
    copies: tuple[CopyStanding, ...]

    @property
    def is_available(self) -> bool:
        return any(copy.is_on_shelf for copy in self.copies)

    @property
    def is_reservable(self) -> bool:
        return any(copy.is_reservable for copy in self.copies)


class TitleAvailability(NamedTuple):
    """Of a title of a division: whether a copy is there, and whether one may be waited for. `waiting` as above."""

    number: str
    waiting: int
    is_available: bool
    is_reservable: bool


class Lent(NamedTuple):
    """How often a title was lent."""

    number: str
    loans: int


class TitleElsewhere(msgspec.Struct, frozen=True, array_like=True):
    """What a copy is of that another library lent us: our own catalogues may not know it."""

    title: str
    creators: tuple[str, ...]
    material_type: str


class LentCopy(msgspec.Struct, frozen=True):
    """What a loan is of, whether or not it is over. `elsewhere`: of another library's copy alone."""

    loan: LoanId
    item_number: ItemNumber
    identifier: str
    material_group: MaterialGroupId
    issue: IssueNamed | None
    elsewhere: TitleElsewhere | None

    @property
    def number(self) -> str:
        """The title's, as the outside knows it."""
        return number_of(self.identifier)
