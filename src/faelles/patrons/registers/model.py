"""What the register says of a person."""

from datetime import date
from enum import StrEnum

from msgspec import Struct

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
