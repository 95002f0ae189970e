"""What a way out has to do, whatever it is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from faelles.ground.i18n import Language
from faelles.notices.model import ChannelName


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    """The other side has taken it on."""
    TRY_AGAIN = "try_again"
    """This message cannot go now, or nobody knows whether it did."""
    UNAVAILABLE = "unavailable"
    """Nothing can go this way now; it was not the message's fault, and does not count against it."""
    REJECTED = "rejected"
    """It will never go: no such recipient, refused for good."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of handing a message over. `reference`: the other side's own name for it. `detail`: a code or the other
    side's status, never its free text, which may quote the recipient.
    """

    verdict: Verdict
    reference: str | None = None
    detail: str | None = None
    is_down: bool = False
    """The rest need not be tried now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A message to hand over. `key` is the same for every try with the same words: whoever keeps keys takes it once."""

    key: str
    recipient: str
    """A mail address, telephone number, postal address in lines, or, for the mailbox, a CPR number."""
    sender: str
    subject: str
    body: str
    language: Language
    composed_at: datetime
    sender_address: str = ""
    """Street and place on one line, for a letter that cannot be delivered; empty where it is not known."""
    unsubscribe: str = ""
    """The address that turns off what a mail is about; empty where it must be said, or was asked for."""

    def __repr__(self) -> str:
        return f"Envelope({self.key})"


class Channel(Protocol):
    """A way out. `at_once`: how many messages it takes side by side."""

    name: ChannelName
    is_built_in: bool
    at_once: int

    async def deliver(self, envelope: Envelope) -> Delivery:
        """Hand over one message. Raises nothing of its own making: what went wrong is in the answer."""
        ...

    async def close(self) -> None: ...
