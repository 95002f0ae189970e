"""What an interlibrary request is."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from faelles.catalog.numbers.rules import number_of
from faelles.ground.fields import Id, ItemNumberText, LongText, ShortText
from faelles.ground.ids import BranchId, DivisionId, HoldId, ItemId, LoanId, PatronId, RecordId

Isil = Annotated[str, Meta(max_length=16, pattern=r"^[A-Za-z]{1,4}-[A-Za-z0-9/:-]{1,11}$(?!\n)")]
Address = Annotated[str, Meta(max_length=300, pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9._~/%-]*)?$(?!\n)")]


class Direction(StrEnum):
    BORROWING = "borrowing"
    LENDING = "lending"


class State(StrEnum):
    REQUESTED = "requested"
    ORDERED = "ordered"
    RECEIVED = "received"
    LENT = "lent"
    RETURNED = "returned"
    """Back from the patron, and not sent home yet."""
    CLOSED = "closed"
    DENIED = "denied"
    CANCELLED = "cancelled"


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked for, in words; `record` where we know the title, `identifier` a number that others know it by."""

    title: ShortText
    record: Id | None = None
    creator: ShortText | None = None
    publication_year: ShortText | None = None
    identifier: ShortText | None = None
    periodical_year: ShortText | None = None
    periodical_volume: ShortText | None = None
    periodical_number: ShortText | None = None


class NewRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`branch`: where it is to be picked up."""

    wanted: Wanted
    branch: Id
    note: LongText | None = None


class PlaceOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    partner_isil: Isil


class Receive(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The copy is here: where it stands meanwhile, and when the other library wants it back."""

    placement: Id
    material_group: Id
    record: Id | None = None
    """The title it is, where the request named none."""
    number: ItemNumberText | None = None
    lender_due_on: date | None = None


class Deny(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: ShortText


class LendAt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id


class Request(Struct, frozen=True, kw_only=True):
    """A request as it is shown."""

    id: int
    direction: Direction
    patron: PatronId
    division: DivisionId
    branch: BranchId
    wanted: Wanted
    note: str | None
    state: State
    partner_isil: str | None
    record: RecordId | None
    item: ItemId | None
    loan: LoanId | None
    hold: HoldId | None
    denied_why: str | None
    requested_at: datetime
    changed_at: datetime


class Awaited(Struct, frozen=True, kw_only=True):
    """What a patron waits for from another library, until it is lent to them. `known_as`: our own identifier of the
    title, where we know it.
    """

    id: int
    division: DivisionId
    branch: BranchId
    wanted: Wanted
    known_as: str | None
    material_type: str | None
    state: State
    requested_at: datetime

    @property
    def number(self) -> str | None:
        """The title's, as the outside knows it."""
        return number_of(self.known_as) if self.known_as else self.wanted.identifier


class ItemRequested(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another library wants a title of ours for one of its readers."""

    record_number: ShortText
    requesting_isil: Isil
    end_user: ShortText
    periodical_year: ShortText | None = None
    periodical_volume: ShortText | None = None
    periodical_number: ShortText | None = None

    def __repr__(self) -> str:
        return f"ItemRequested({self.requesting_isil})"


class RequestedResult(StrEnum):
    OK = "ok"
    PATRON_NOT_FOUND = "patron_not_found"
    """The other library is no patron here."""
    RECORD_NOT_FOUND = "record_not_found"
    NOT_RESERVABLE = "not_reservable"
    SENDING_FAILED = "sending_failed"
    """The other library did not take our word that it waits; it waits nowhere."""


class Adapter(StrEnum):
    ISO18626 = "iso18626"
    BUILT_IN = "built_in"
    """A pretended one, which takes every order; refused in production."""


class SetPartner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    adapter: Adapter = Adapter.ISO18626
    address: Address | None = None
