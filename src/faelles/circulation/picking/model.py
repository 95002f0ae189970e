"""What is to be fetched and what was not found."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.circulation.desk.issues import IssueNamed
from faelles.ground.fields import Id, ScannedItem, trim
from faelles.ground.ids import BranchId, HoldId, ItemId, ItemNumber, RecordId


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """A copy to fetch. The list is in the order of `shelf`: department, location, sublocation, section."""

    hold: HoldId
    item: ItemId
    item_number: ItemNumber
    record: RecordId
    title: str
    issue: IssueNamed | None
    """Which one to fetch, of a periodical."""
    creators: tuple[str, ...]
    material_type: str
    classification: str | None
    shelf: tuple[str, ...]
    pickup: BranchId
    tries: int
    """How often a copy for this hold was looked for in vain."""
    claimed_by: str | None
    """Who is on the way to the shelf for it (kind and id), as long as the claim lasts."""
    claimed_until: datetime | None
    sort_key: str = ""
    """Where the list goes on after it."""


class ClaimPicks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take on these picks, or the first `most` in shelf order that nobody has taken on."""

    branch: Id
    holds: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    most: Annotated[int, Meta(ge=1, le=200)] = 50


class GiveBackPicks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No longer on the way for these; none named: for nothing at all in the branch."""

    branch: Id
    holds: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()


class ConfirmPick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The copy is in hand."""

    branch: Id
    item: ScannedItem

    def __post_init__(self) -> None:
        trim(self, "item")


class NotOnShelf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The copy planned for `hold` is not where it should be. `item` is its number as the list had it, so that no other
    copy is meant that was planned meanwhile.
    """

    hold: Id
    item: ScannedItem | None = None

    def __post_init__(self) -> None:
        trim(self, "item")


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the search list: a copy that somebody did not find. `hold` is whose it was planned for."""

    id: int
    item: ItemId
    item_number: ItemNumber
    title: str
    issue: IssueNamed | None
    shelf: tuple[str, ...]
    branch: BranchId
    hold: HoldId | None
    missed_at: datetime
