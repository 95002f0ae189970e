"""What the register says of a person."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from faelles.ground.ids import PatronId
from faelles.patrons.model import Contact


class PersonState(StrEnum):
    RESIDENT = "resident"
    EMIGRATED = "emigrated"
    DECEASED = "deceased"


class Address(Struct, frozen=True, kw_only=True):
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


class Changes(Struct, frozen=True, kw_only=True):
    """Numbers for which anything has changed, and the place to ask after next time."""

    cprs: tuple[str, ...] = ()
    reached: str | None = None

    def __repr__(self) -> str:
        return f"Changes({len(self.cprs)})"


class Person(Struct, frozen=True, kw_only=True):
    """`municipality`: its three digits, as in the middle of the library's ISIL (DK-7`101`00)."""

    name: str
    birth_date: date | None = None
    state: PersonState = PersonState.RESIDENT
    address_protected: bool = False
    address: Address = Address()
    municipality: str | None = None

    def __repr__(self) -> str:
        return "Person()"

    def contact(self, known: Contact) -> Contact:
        """What is known of a patron, with the address that the register has."""
        at = self.address
        return Contact(
            street=at.street,
            postal_code=at.postal_code,
            city=at.city,
            country=at.country,
            email=known.email,
            phone=known.phone,
        )


class Record(Struct, frozen=True, kw_only=True):
    """A patron who follows the register, with the number as it is kept, sealed."""

    patron: PatronId
    name_said: str
    sealed: bytes | None

    def __repr__(self) -> str:
        return f"Record({self.patron})"


class What(StrEnum):
    """What of a patron the register says otherwise. `names_kept`: the name here was chosen by hand, and stays."""

    NAME = "name"
    NAME_KEPT = "name_kept"
    ADDRESS = "address"
    PROTECTION = "protection"
    DECEASED = "deceased"
    UNKNOWN = "unknown"
    """The number is nobody's any more; nothing is changed."""


class Update(Struct, frozen=True, kw_only=True):
    """What would be, or was, taken over for one patron."""

    patron: PatronId
    what: tuple[What, ...]


class RegisterReport(Struct, frozen=True, kw_only=True):
    """How the night's updates went. `counts`: asked, and of each kind of change; `waiting`: still to be asked."""

    day: date | None
    is_done: bool
    waiting: int
    failure: str | None
    """A message id, while the register does not answer."""
    try_after: datetime | None
    counts: dict[str, int]


class NameKept(Struct, frozen=True, kw_only=True):
    """A patron whose name was chosen here, and the one that the register has."""

    patron: PatronId
    name: str
    name_said: str
