"""Items, their parts, notes and tags, placeholders for other libraries' copies, and counted stock."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from faelles.ground.fields import Id, ItemNumberText, ShortText
from faelles.ground.ids import BranchId, IssueId, ItemId, ItemNumber, MaterialGroupId, PlacementId, RecordId
from faelles.ground.money import Ore
from faelles.people.model import Place

PriceOre = Annotated[int, Meta(ge=0, le=100_000_000)]
"""What it cost; below a million kroner."""
Age = Annotated[int, Meta(ge=0, le=18)]
PartNumber = Annotated[int, Meta(ge=1, le=99)]
NoteText = Annotated[str, Meta(min_length=1, max_length=4000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]
Isil = Annotated[str, Meta(max_length=16, pattern=r"^[A-Z]{1,4}-[A-Za-z0-9/:-]{1,11}$(?!\n)")]
"""ISO 15511."""
TagUid = Annotated[str, Meta(pattern=r"^[0-9A-F]{16}$(?!\n)")]
"""The 64 bits that the maker burnt into the tag (ISO 15693), in hexadecimal."""
Moment = Annotated[datetime, Meta(tz=True)]
ManyItems = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=1000)]


UNSAVED = ItemId(0)
"""The id of an item that the database has not given one yet."""
UNNUMBERED = ItemNumber("")


class ItemKind(StrEnum):
    ITEM = "item"
    PLACEHOLDER = "placeholder"
    """Stands for another library's copy while it is here."""


class Condition(StrEnum):
    """How the thing is; whether it is in, out or on its way is another question, and circulation's."""

    GOOD = "good"
    WORN = "worn"
    DAMAGED = "damaged"
    IN_REPAIR = "in_repair"
    IN_PROCESSING = "in_processing"


IN_THE_WORKSHOP: Final = frozenset({Condition.IN_REPAIR, Condition.IN_PROCESSING})
"""It is there, and yet it can be handed to nobody."""


class RfidStandard(StrEnum):
    ISO_28560_3 = "iso_28560_3"
    DANISH_DATA_MODEL = "danish_data_model"
    """DS/INF 163, of which ISO 28560-3 is the descendant."""


class RfidTag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tag in part `part` of the item."""

    uid: TagUid
    part: PartNumber
    written_at: Moment | None = None


class RfidFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is written in the item's tags beside its number."""

    standard: RfidStandard
    owner_isil: Isil
    parts: PartNumber
    """The n in "part m of n"; a part without a tag counts too."""
    tags: Annotated[tuple[RfidTag, ...], Meta(max_length=99)]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    number: PartNumber
    description: ShortText
    is_present: bool = True


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Said at the desk until somebody dismisses it."""

    id: int
    text: str
    on_checkout: bool
    on_return: bool
    written_by: str
    written_at: datetime


class Lender(msgspec.Struct, frozen=True, kw_only=True):
    """Whose copy a placeholder stands for."""

    isil: str
    reference: str | None
    due_on: date | None
    """The day the lender wants it back."""
    received_at: datetime | None
    sent_home_at: datetime | None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A copy, as far as it is this room's: circulation adds where it is and in what state."""

    id: ItemId
    number: ItemNumber
    kind: ItemKind
    record: RecordId
    issue: IssueId | None = None
    owner_branch: BranchId
    """Who paid."""
    default_placement: PlacementId
    material_group: MaterialGroupId
    price_ore: Ore | None = None
    condition: Condition = Condition.GOOD
    not_for_loan: str | None = None
    """Why it may not be lent."""
    minimum_age: int | None = None
    rfid: RfidFacts | None = None
    acquired_on: date | None = None
    withdrawn_at: datetime | None = None
    withdrawn_why: str | None = None
    lender: Lender | None = None
    parts: tuple[Part, ...] = ()
    notes: tuple[Note, ...] = ()
    version: int = 1


class NewItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `number` the item gets the next one of the agency's series. `may_be_double`: the number is written in old
    stock that shares it with another agency's copy.
    """

    record: Id
    owner_branch: Id
    default_placement: Id
    material_group: Id
    number: ItemNumberText | None = None
    may_be_double: bool = False
    issue: Id | None = None
    price_ore: PriceOre | None = None
    condition: Condition = Condition.GOOD
    not_for_loan: ShortText | None = None
    minimum_age: Age | None = None
    acquired_on: date | None = None
    rfid: RfidFacts | None = None
    parts: Annotated[tuple[Part, ...], Meta(max_length=99)] = ()


class NewPlaceholder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another library's copy that is expected, for the branch that asked for it."""

    record: Id
    owner_branch: Id
    default_placement: Id
    material_group: Id
    lender_isil: Isil
    lender_reference: ShortText | None = None
    lender_due_on: date | None = None
    number: ItemNumberText | None = None


class ItemChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is. `version` is the one that was read; `may_be_double` as in NewItem."""

    version: Id
    number: ItemNumberText | UnsetType = UNSET
    may_be_double: bool = False
    record: Id | UnsetType = UNSET
    issue: Id | UnsetType | None = UNSET
    owner_branch: Id | UnsetType = UNSET
    default_placement: Id | UnsetType = UNSET
    material_group: Id | UnsetType = UNSET
    price_ore: PriceOre | UnsetType | None = UNSET
    condition: Condition | UnsetType = UNSET
    not_for_loan: ShortText | UnsetType | None = UNSET
    minimum_age: Age | UnsetType | None = UNSET
    acquired_on: date | UnsetType | None = UNSET
    rfid: RfidFacts | UnsetType | None = UNSET


class NewNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: NoteText
    on_checkout: bool = True
    on_return: bool = True


class ItemPage(msgspec.Struct, frozen=True, kw_only=True):
    """By id; `next` is the id to go on after, None at the end."""

    items: tuple[Item, ...]
    next: ItemId | None


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: ManyItems
    reason: ShortText


class Restoration(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    items: ManyItems


class ItemOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one item of many; `refused` is the code of the reason, None when it was done."""

    item: ItemId
    refused: str | None


class HeldItem(msgspec.Struct, frozen=True, kw_only=True):
    """What deciding about an item, and counting it in statistics, needs. Its row is locked."""

    id: ItemId
    kind: ItemKind
    place: Place
    """Of the owner."""
    material_group: MaterialGroupId
    record: RecordId
    material_type: str
    language: str | None
    classification: str | None
    price_ore: Ore | None
    is_withdrawn: bool
    is_received: bool
    is_sent_home: bool


class NumberSeries(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers to be drawn from now on, both ends included."""

    next: ItemNumberText
    last: ItemNumberText


class BulkItem(msgspec.Struct, frozen=True, kw_only=True):
    """A copy for the bulk path, which checks nothing but what the database checks."""

    number: str
    record: RecordId
    owner_branch: BranchId
    default_placement: PlacementId
    material_group: MaterialGroupId
    price_ore: int | None = None
    not_for_loan: str | None = None
    minimum_age: int | None = None
    acquired_on: date | None = None
