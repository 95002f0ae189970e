"""Messages as people see them."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from faelles.ground.fields import Code, Id
from faelles.ground.i18n import Language
from faelles.ground.ids import DivisionId, PatronId
from faelles.notices.model import WORDED_LINES, ChannelName, MessageState


class MessageLine(Struct, frozen=True, kw_only=True):
    """One message: what it was about, and what became of it. Not what it said."""

    id: int
    patron: PatronId
    division: DivisionId
    channel: ChannelName
    state: MessageState
    kinds: tuple[str, ...]
    language: Language
    composed_at: datetime
    attempts: int
    sent_at: datetime | None
    failure: str | None
    failed_at: datetime | None
    settled_at: datetime | None
    settled_how: str | None


class Attempt(Struct, frozen=True, kw_only=True):
    number: int
    at: datetime
    outcome: str
    detail: str | None


class MessageView(MessageLine, frozen=True, kw_only=True):
    """With what it said and where it went, as long as that is kept."""

    recipient: str | None
    subject: str | None
    text: str | None
    reference: str | None
    tries: tuple[Attempt, ...]


class SentAgain(Struct, frozen=True):
    """How many of the message's notices are on their way again."""

    notices: int


class Said(Struct, frozen=True, kw_only=True):
    """One thing that was said, or is to be said, about a claim or a loan: not its words. `message` has them."""

    kind: str
    channel: ChannelName
    state: str
    """Of the notice: `planned`, `sending`, `sent`, `undeliverable`, `untrue` (left out: no longer so)."""
    planned_at: datetime
    sent_at: datetime | None
    message: int | None


class ReportBounce(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`detail`: the other side's status, such as `5.1.1` (RFC 3463)."""

    detail: Code


class WriteToPatron(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    branch: Id
    text: Annotated[str, Meta(min_length=1, max_length=4000, pattern=WORDED_LINES)]
    key: Code
    """The writer's own name for it: the same again is the same message."""


class Written(Struct, frozen=True):
    notices: int
