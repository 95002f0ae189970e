"""What is shown of patrons. No struct here has room for a CPR number."""

from datetime import date, datetime
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from faelles.ground.fields import PRINTABLE, Id, Scan
from faelles.ground.i18n import Language
from faelles.ground.ids import BranchId, PatronId
from faelles.patrons.blocks.model import Absence, Block
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import Contact, EndedWhy, Identifier, PatronKind
from faelles.patrons.relations.model import Guardianship, Membership

NamePart = Annotated[str, Meta(min_length=2, max_length=200, pattern=PRINTABLE)]


class ShownIdentifier(Struct, frozen=True, kw_only=True):
    """`value` is None for CPR, and for an e-mail address that is protected."""

    id: int
    kind: IdentifierKind
    value: str | None
    valid_from: datetime
    ended_at: datetime | None
    ended_why: EndedWhy | None


class PatronView(Struct, frozen=True, kw_only=True):
    """One patron as the caller may see them. `contact` is None where the address is protected from the caller;
    memberships and blocks of divisions beyond the caller's reach are left out.
    """

    id: PatronId
    kind: PatronKind
    name: str
    birth_date: date | None
    home_branch: BranchId
    language: Language
    address_protected: bool
    contact: Contact | None
    identifiers: list[ShownIdentifier]
    memberships: list[Membership]
    guardianships: list[Guardianship]
    blocks: list[Block]
    absences: list[Absence]
    has_pin: bool
    is_temporary: bool
    keeps_history: bool
    note: str | None
    merged_into: PatronId | None
    version: int
    registered_at: datetime


class Beside(NamedTuple):
    """What is kept beside a patron, as stored."""

    identifiers: list[Identifier]
    memberships: list[Membership]
    guardianships: list[Guardianship]
    blocks: list[Block]
    absences: list[Absence]


class PatronSummary(Struct, frozen=True, kw_only=True):
    """One line of a list: enough to tell two people of one name apart. Protected addresses are left out."""

    id: PatronId
    kind: PatronKind
    name: str
    birth_date: date | None
    home_branch: BranchId
    address_protected: bool
    street: str | None
    postal_code: str | None
    city: str | None
    card: str | None
    is_temporary: bool


class SearchPatrons(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By parts of the name in any order, by birth date, or both; `after` is the last patron of the page before."""

    name: NamePart | None = None
    birth_date: date | None = None
    after: Id | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class IdentifyPatron(Struct, frozen=True, forbid_unknown_fields=True):
    scan: Scan

    def __repr__(self) -> str:
        return "IdentifyPatron()"


class Candidate(Struct, frozen=True, kw_only=True):
    """Somebody a scan stands for. `ended_why` is set where it no longer does: the card was reported stolen, say."""

    patron: PatronSummary
    kind: IdentifierKind
    ended_at: datetime | None
    ended_why: EndedWhy | None


class AccessEntry(Struct, frozen=True, kw_only=True):
    """Somebody looked: `actor` is kind and id (`staff:12`), `operation` what it was done for."""

    at: datetime
    actor: str
    operation: str
