"""Agency > division > branch > placement as other rooms read them, and the requests that change them."""

from datetime import date
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from faelles.ground.fields import HIGHEST_ID, ShortText
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, BranchId, DivisionId, PlacementId


class AgencyKind(StrEnum):
    NATION = "nation"
    MUNICIPALITY = "municipality"
    OTHER = "other"
    TEST = "test"


class DivisionKind(StrEnum):
    PUBLIC = "public"
    SCHOOL = "school"


class BranchKind(StrEnum):
    PUBLIC = "public"
    SCHOOL = "school"
    INTERNAL = "internal"
    """Stacks, offices and the like: items are placed there, nobody is served."""


class Service(StrEnum):
    """The three ways a branch can be open; each has a calendar of its own."""

    STAFFED = "staffed"
    UNSTAFFED = "unstaffed"
    BOOK_DROP = "book_drop"


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant and data controller; the nation itself is agency 0."""

    id: AgencyId
    isil: str
    name: str
    municipality_code: str | None
    """Three digits."""
    kind: AgencyKind
    currency: str
    """ISO 4217."""
    time_zone: str
    """IANA name."""
    holiday_calendar: str
    """ISO 3166: a country (`DK`) or its subdivision (`DE-SH`)."""
    language: Language


class DatedIsil(msgspec.Struct, frozen=True, kw_only=True):
    """An ISIL and the days it was valid: from `first_day` on, and before `given_up`; None where open."""

    isil: str
    first_day: date | None
    given_up: date | None
    successor: str | None


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """A public library or a school library service: own ISIL, rules, permissions, blocks, tariffs, statistics."""

    id: DivisionId
    kind: DivisionKind
    name: str
    isils: tuple[DatedIsil, ...]
    """Oldest first."""


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    id: BranchId
    division: DivisionId
    code: str
    """Known to the outside: an ISIL (`DK-710104`), or an internal code (`FBS-751031`)."""
    name: str
    kind: BranchKind
    is_pickup: bool
    closed_from: date | None
    """The first day on which the branch is no more."""

    def is_closed_on(self, day: date) -> bool:
        return self.closed_from is not None and self.closed_from <= day


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """Department > location > sublocation > section; none is given below one that is absent."""

    id: PlacementId
    branch: BranchId
    department: str | None
    location: str | None
    sublocation: str | None
    section: str | None


ShortCode = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]*$(?!\n)")]
"""An ISIL (ISO 15511) or an internal branch code."""
DivisionKey = Annotated[DivisionId, Meta(ge=1, le=HIGHEST_ID)]
BranchKey = Annotated[BranchId, Meta(ge=1, le=HIGHEST_ID)]


class FoundAgency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    isil: ShortCode
    name: ShortText
    kind: AgencyKind = AgencyKind.MUNICIPALITY
    municipality_code: Annotated[str, Meta(pattern=r"^[0-9]{3}$(?!\n)")] | None = None
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")] = "DKK"
    time_zone: ShortText = "Europe/Copenhagen"
    holiday_calendar: ShortCode = "DK"
    language: Language = Language.DANISH


class AddDivision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: DivisionKind
    name: ShortText
    isil: ShortCode


class ChangeIsil(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `first_day` on the division is known as `isil`; the one it had before ends and names it as successor."""

    isil: ShortCode
    first_day: date


class AddBranch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    division: DivisionKey
    code: ShortCode
    name: ShortText
    kind: BranchKind
    is_pickup: bool = True


class ChangeBranch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A branch as it is to be from now on. Code and division stay: loans and statistics hang on them."""

    name: ShortText
    kind: BranchKind
    is_pickup: bool


class NewPlacement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    department: ShortText | None = None
    location: ShortText | None = None
    sublocation: ShortText | None = None
    section: ShortText | None = None


class NewPlacements(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    placements: Annotated[tuple[NewPlacement, ...], Meta(min_length=1, max_length=500)]


class NewName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: ShortText


class BranchClosing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first day on which the branch is no more; null keeps it open."""

    closed_from: date | None
