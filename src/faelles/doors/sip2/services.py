"""What a server hands every connection."""

from collections.abc import Callable
from dataclasses import dataclass, field

from faelles.doors.sip2.repeats import Repeats
from faelles.doors.sip2.witness import Witness
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.patrons.model import Contact


@dataclass(slots=True)
class Maintenance:
    """While it is on, for the whole country, every message is answered `on-line N`; machines repeat theirs later."""

    is_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    connections: int = 20_000
    """Beyond them nobody is let in."""
    seconds_to_sign_in: float = 900.0
    """A connection that says nothing of who it is is not kept for hours."""
    seconds_to_finish: float = 10.0
    """At the end, for the messages in work."""
    bytes_ahead: int = 65_536
    """What a client may send before its earlier messages are answered."""


def plain_address(name: str, contact: Contact) -> str:  # noqa: ARG001 - AE has the name
    """BD: street, place, country, as far as they are known."""
    place = " ".join(part for part in (contact.postal_code, contact.city) if part)
    return ", ".join(part for part in (contact.street, place, contact.country) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    database: Database
    keyring: Keyring
    witness: Witness
    maintenance: Maintenance = field(default_factory=Maintenance)
    repeats: Repeats = field(default_factory=Repeats)
    limits: Limits = Limits()
    address: Callable[[str, Contact], str] = plain_address
    """How BD is written, from a name and where they live."""
