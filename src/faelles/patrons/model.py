"""The patron: what is registered, what is changed, and what the operations hand back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from faelles.ground.fields import MISFIT, Id, LongText, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, DivisionId, PatronGroupId, PatronId
from faelles.patrons.identifiers import IdentifierKind


class PatronKind(StrEnum):
    PERSON = "person"
    GROUP = "group"
    INSTITUTION = "institution"


class Role(StrEnum):
    """What a membership makes of a patron in a division."""

    BORROWER = "borrower"
    PUPIL = "pupil"
    TEACHER = "teacher"
    HOMEBOUND = "homebound"


class EndedWhy(StrEnum):
    """Why an identifier no longer holds. `merged`: the real patron had one of the kind already."""

    REPLACED = "replaced"
    LOST = "lost"
    STOLEN = "stolen"
    CORRECTED = "corrected"
    MERGED = "merged"


Pin = Annotated[str, Meta(pattern=r"^[0-9]{4,8}$(?!\n)", extra={MISFIT: "pin_misshapen"})]
IdentifierText = Annotated[str, Meta(min_length=3, max_length=254)]
PhoneText = Annotated[str, Meta(pattern=r"^\+?[0-9 ()-]{3,30}$(?!\n)", extra={MISFIT: "phone_misshapen"})]


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a patron is reached. All of it is withheld where the address is protected."""

    street: ShortText | None = None
    postal_code: ShortText | None = None
    city: ShortText | None = None
    country: ShortText | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: PhoneText | None = None


class NewIdentifier(Struct, frozen=True, forbid_unknown_fields=True):
    kind: IdentifierKind
    value: IdentifierText

    def __repr__(self) -> str:
        return f"NewIdentifier({self.kind.value})"


class NewMembership(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`starts_on` defaults to today; `ends_on` is the last day, None without end."""

    division: Id
    role: Role
    group: Id
    starts_on: date | None = None
    ends_on: date | None = None


class NewGuardian(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An adult who answers for the patron: one we know (`patron`), or a new one registered with them."""

    patron: Id | None = None
    name: ShortText | None = None
    birth_date: date | None = None
    contact: Contact = Contact()
    identifiers: Annotated[tuple[NewIdentifier, ...], Meta(max_length=10)] = ()
    is_financially_responsible: bool = True


class RegisterPatron(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about a new patron in one go. A birth date may be left out where a CPR number says it."""

    name: ShortText
    home_branch: Id
    kind: PatronKind = PatronKind.PERSON
    birth_date: date | None = None
    language: Language = Language.DANISH
    address_protected: bool = False
    contact: Contact = Contact()
    identifiers: Annotated[tuple[NewIdentifier, ...], Meta(max_length=10)] = ()
    memberships: Annotated[tuple[NewMembership, ...], Meta(max_length=10)] = ()
    guardians: Annotated[tuple[NewGuardian, ...], Meta(max_length=6)] = ()
    pin: Pin | None = None
    is_temporary: bool = False
    keeps_history: bool = False
    note: LongText | None = None


class Registered(Struct, frozen=True, kw_only=True):
    patron: PatronId
    guardians: tuple[PatronId, ...]
    """In the order of the request, new and known ones alike."""


class ChangePatron(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; what is left out stays. `version` is the one the change was decided on."""

    version: Id
    name: ShortText | UnsetType = UNSET
    birth_date: date | UnsetType | None = UNSET
    home_branch: Id | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    address_protected: bool | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET
    is_temporary: bool | UnsetType = UNSET
    note: LongText | UnsetType | None = UNSET


class AbsencePeriod(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First and last day away. Holds keep their place and are skipped meanwhile."""

    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Patron:
    """A patron as the operations decide on it. Not for showing: see `looking` for what may be shown to whom."""

    id: PatronId
    kind: PatronKind
    name: str
    birth_date: date | None
    home_branch: BranchId
    language: Language
    address_protected: bool
    contact: Contact
    is_temporary: bool
    keeps_history: bool
    has_pin: bool
    note: str | None
    merged_into: PatronId | None
    version: int
    registered_at: datetime
    divisions: frozenset[DivisionId]
    """Whose staff may see the patron."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """As stored: `lookup` is the value in clear, but for CPR, whose number is in `sealed`."""

    id: int
    patron: PatronId
    kind: IdentifierKind
    lookup: str
    sealed: bytes | None
    valid_from: datetime
    ended_at: datetime | None
    ended_why: EndedWhy | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """What this room needs to know of a branch."""

    division: DivisionId
    name: str
    closed_from: date | None
    time_zone: str


Groups = Mapping[PatronGroupId, str]
"""The patron groups an agency may use, and their codes."""
