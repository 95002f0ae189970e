"""Lending between municipalities. Neither side is told who the other's patrons are."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from faelles.circulation.loans.model import ReturnAnswer
from faelles.ground.fields import Id, ItemNumberText, ShortText
from faelles.ground.ids import HoldId, ItemNumber, RecordId


class GiveAgreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lend to `borrower`, an agency by its ISIL, from a day on (today where none is given) until the last."""

    borrower: ShortText
    first_day: date | None = None
    last_day: date | None = None


class AgreementGiven(msgspec.Struct, frozen=True):
    id: int


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """`lender` and `borrower` are ISILs, one of them our own."""

    id: int
    lender: str
    borrower: str
    first_day: date
    last_day: date | None


class RequestState(StrEnum):
    """How far a request has come. The lender writes what it does, the borrower what it does."""

    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    """By the borrower, before anything was sent."""
    REFUSED = "refused"
    ACCEPTED = "accepted"
    """The lender fetches a copy."""
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"
    """On its way home."""
    HOME = "home"


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """What we have asked another municipality for. `item` is the lender's number of the copy, `placeholder` ours."""

    id: int
    lender: str
    record: RecordId
    title: str
    state: RequestState
    asked_at: datetime
    hold: HoldId | None
    item: ItemNumber | None
    due_on: date | None
    placeholder: ItemNumber | None


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """What another municipality asks of us: a title, and never for whom. `hold` is our own, by which it is fetched."""

    id: int
    borrower: str
    record: RecordId
    title: str
    state: RequestState
    asked_at: datetime
    hold: HoldId | None
    item: ItemNumber | None
    due_on: date | None


class SendToBorrower(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A copy that was fetched for another municipality leaves from `branch`."""

    item: ItemNumberText
    branch: Id


class SentToBorrower(msgspec.Struct, frozen=True, kw_only=True):
    request: int
    borrower: str
    due_on: date


class ReceiveLent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A copy that was lent to us has come to `branch`."""

    branch: Id


class ReceivedLent(msgspec.Struct, frozen=True, kw_only=True):
    """`number` is what the copy is known by here: the lender's own where nothing here has it, else a label of ours.
    `answer` is the check-in that says where it goes now.
    """

    number: ItemNumber
    answer: ReturnAnswer
