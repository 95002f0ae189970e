"""A child registered with the adult who answers for it."""

from datetime import date

from msgspec import Struct

from faelles.ground.fields import ShortText
from faelles.patrons.model import Contact, IdentifierText


class GuardianGiven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An adult by CPR number: whoever carries it already is taken, with the new contact data; else a new patron."""

    name: ShortText
    cpr: IdentifierText
    birth_date: date | None = None
    contact: Contact = Contact()
    is_financially_responsible: bool = True

    def __repr__(self) -> str:
        return "GuardianGiven()"
