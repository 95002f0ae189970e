"""What is known at the moment of sending, and a message on its way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from faelles.circulation.desk.issues import IssueNamed
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, DivisionId, PatronId
from faelles.notices.model import ChannelName, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanFact:
    title: str
    creators: str
    number: str
    branch: str
    due_on: date
    renewals: int
    is_stopped: bool
    """Lost, or claimed returned: no clock runs."""
    closed_how: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFact:
    title: str
    issue: IssueNamed | None
    creators: str
    state: str
    branch: str
    shelf: str
    deadline: date | None
    closed_why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFact:
    kind: str
    step: int
    reason: str
    titles: str
    outstanding_ore: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFact:
    reference: str
    amount_ore: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionFact:
    owed_ore: int
    """Now, of the claims that the warning was about."""
    is_at_limit: bool
    """Whether so much of them is owed (or was, as the time ran out) that it excludes."""
    excludes_on: date | None
    """None: nobody was told yet, and the time runs from the day on which they are."""
    days_of_notice: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFact:
    title: str
    creators: str
    copies: int
    branch: str
    """Where it is delivered."""
    first_day: date
    last_day: date
    is_cancelled: bool


Fact = LoanFact | HoldFact | ClaimFact | PaymentFact | ExclusionFact | BookingFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A message that was composed before and is to be tried again, with what it said."""

    id: int
    patron: PatronId
    division: DivisionId
    channel: ChannelName
    revision: int
    attempts: int
    composed_at: datetime
    language: Language
    subject: str
    body: str
    was_under_way: bool
    """Its sender fell silent: it may have been handed over, and nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What goes into one message: new, or one that is to be tried again."""

    patron: PatronId
    division: DivisionId
    channel: ChannelName
    notices: tuple[Notice, ...]
    earlier: Waiting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message in words. `failure` set: there is no way to send it, and it comes before somebody's eyes."""

    id: int
    patron: PatronId
    division: DivisionId
    channel: ChannelName
    notices: tuple[Notice, ...]
    recipient: str | None
    language: Language
    subject: str
    body: str
    revision: int
    composed_at: datetime
    attempts: int
    failure: str | None = None
    sealed_cpr: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim came to: messages to hand over, all from one agency."""

    agency: AgencyId
    holder: str
    sender: str
    """Whose message it is: the agency's name."""
    zone: str
    """IANA name: the day on a letter is the agency's."""
    addresses: Mapping[DivisionId, str]
    """Where letters come from."""
    drafts: tuple[Draft, ...]
    looked_at: int
    """Groups that were taken up, those of which nothing was true any more, or who may not be disturbed, included."""
