"""What a notice is: its kinds as data, the ways it can go, and the states of what is on its way."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from faelles.ground.i18n import Language, country_text
from faelles.ground.ids import DivisionId, PatronId

WORDED_LINES: Final = r"^[\t\n \xa0]*[^\x00-\x20\x7f\xa0][^\x00-\x08\x0b-\x1f\x7f]*$(?!\n)"
"""Text on any number of lines; blanks alone say nothing."""


_HOME: Final = "DK"


class Topic(StrEnum):
    """What patrons have wishes about."""

    HOLDS = "holds"
    DUE = "due"
    MONEY = "money"
    RECEIPTS = "receipts"
    MEMBERSHIP = "membership"
    BOOKINGS = "bookings"


class About(StrEnum):
    """What a notice's subject id names."""

    LOAN = "loan"
    HOLD = "hold"
    CLAIM = "claim"
    PAYMENT = "payment"
    EXCLUSION = "exclusion"
    BOOKING = "booking"
    PATRON = "patron"
    """Nothing beside the patron."""


class To(StrEnum):
    PARTY = "party"
    """Whoever the loan, hold or payment is of."""
    ADDRESSEE = "addressee"
    """Whom the claim or the warning was addressed to when it arose."""


class ChannelName(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    MAILBOX = "mailbox"
    """The national mailbox (Digital Post)."""
    LETTER = "letter"


class Form(StrEnum):
    FULL = "full"
    SHORT = "short"
    """For a telephone's screen."""


FORM_OF: Final[Mapping[ChannelName, Form]] = {
    ChannelName.EMAIL: Form.FULL,
    ChannelName.SMS: Form.SHORT,
    ChannelName.MAILBOX: Form.FULL,
    ChannelName.LETTER: Form.FULL,
}


class MessageState(StrEnum):
    SENDING = "sending"
    """Claimed by a sender, which may have handed it over already."""
    WAITING = "waiting"
    """To be tried again."""
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"
    BOUNCED = "bounced"
    """It was taken, and came back later."""
    WITHDRAWN = "withdrawn"
    """Nothing of it was true any more."""


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of data/kinds.toml, which says what each field means."""

    name: str = ""
    about: About
    topic: Topic
    events: tuple[str, ...] = ()
    of_claim: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    to: To = To.PARTY
    default: bool = True
    must: bool = False
    urgent: bool = False
    settle: int = 0
    guardian: bool = False


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its name, in the order of the file."""
    source = resources.files("faelles.notices") / "data" / "kinds.toml"
    read = msgspec.toml.decode(source.read_bytes(), type=dict[str, Kind])
    return {name: msgspec.structs.replace(kind, name=name) for name, kind in read.items()}


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A patron as somebody to be written to."""

    patron: PatronId
    name: str
    birth_date: date | None
    language: Language
    email: str | None = None
    phone: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    sealed_cpr: bytes | None = None
    is_deceased: bool = False
    muted: frozenset[ChannelName] = frozenset()
    """Ways by which the patron wants to hear nothing but what must be said."""

    def __repr__(self) -> str:
        return f"Contact({self.patron})"

    def reached_by(self, channel: ChannelName) -> bool:
        if channel is ChannelName.EMAIL:
            return bool(self.email)
        if channel is ChannelName.SMS:
            return bool(self.phone)
        if channel is ChannelName.LETTER:
            return bool(self.street and self.postal_code and self.city)
        return self.sealed_cpr is not None

    @property
    def has_own_address(self) -> bool:
        """Whether mail or SMS reaches them themselves."""
        return self.reached_by(ChannelName.EMAIL) or self.reached_by(ChannelName.SMS)

    def address(self, channel: ChannelName) -> str | None:
        """What stands on the message, kept in clear as long as its text is. The national mailbox goes by CPR number,
        which is kept nowhere but where it is sealed.
        """
        if not self.reached_by(channel) or channel is ChannelName.MAILBOX:
            return None
        if channel is ChannelName.LETTER:
            place = f"{self.postal_code} {self.city}"
            return "\n".join(line for line in (self.name, self.street, place, self._abroad) if line)
        return self.email if channel is ChannelName.EMAIL else self.phone

    @property
    def _abroad(self) -> str:
        """The last line of a letter that leaves the country."""
        name = country_text(self.country or _HOME, self.language)
        return "" if name in (country_text(_HOME, language) for language in Language) else name


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A thing to be said, as planned."""

    id: int
    kind: str
    patron: PatronId
    division: DivisionId
    channel: ChannelName
    subject: int | None
    day: date | None
    """The day it was said for: the due date of a reminder, the last day of a membership."""
    sealed: bytes | None = None
    is_urgent: bool = False
    concerning: PatronId | None = None
    message: int | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A notice before it is one: everything but the patron's wishes."""

    kind: str
    occasion: str
    patron: PatronId
    division: DivisionId
    happened_at: datetime
    subject: int | None = None
    day: date | None = None
    sealed: bytes | None = None
    concerning: PatronId | None = None
