"""What of the register's word is taken over. Pure."""

from dataclasses import replace

from faelles.patrons.model import Contact, Patron
from faelles.patrons.registers.model import Person, PersonState, What


def taken_over(known: Patron, name_said: str | None, person: Person) -> Patron:
    """The patron as the register has them. A name that was chosen by hand, another than the register said before,
    stays; so does protection that the desk gave, and an address where the register names none.
    """
    return replace(
        known,
        name=person.name if name_said in (None, known.name) else known.name,
        address_protected=known.address_protected or person.address_protected,
        contact=_contact(known, person),
    )


def _contact(known: Patron, person: Person) -> Contact:
    at = person.address
    is_named = bool(at.street or at.postal_code or at.city)
    return person.contact(known.contact) if is_named else known.contact


def what_differs(known: Patron, changed: Patron, person: Person) -> tuple[What, ...]:
    """What was, or would be, different after taking over. Death is told by whoever blocks."""
    found = {
        What.NAME: changed.name != known.name,
        What.NAME_KEPT: changed.name != person.name,
        What.ADDRESS: changed.contact != known.contact,
        What.PROTECTION: changed.address_protected != known.address_protected,
    }
    return tuple(what for what, is_so in found.items() if is_so)


def is_usable(person: Person) -> bool:
    """Nobody is without a name: such an answer is none."""
    return bool(person.name.strip())


def has_died(person: Person) -> bool:
    return person.state is PersonState.DECEASED
