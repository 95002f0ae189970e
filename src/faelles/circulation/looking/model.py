"""Loans and copies as they are shown."""

from datetime import date, datetime

import msgspec

from faelles.circulation.loans.facts import LoanCourse
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    ItemId,
    ItemNumber,
    JourneyId,
    LoanId,
    PatronId,
    PlacementId,
    RecordId,
)


class LoanShown(LoanCourse, frozen=True, kw_only=True):
    """One loan with its copy. Who borrowed is for those who may see the loan."""

    item_number: ItemNumber
    record: RecordId
    title: str
    creators: tuple[str, ...]
    material_type: str
    kind: str
    branch: BranchId
    borrower: PatronId | None
    second_borrower: PatronId | None
    closed_how: str | None


class CopyShown(msgspec.Struct, frozen=True, kw_only=True):
    """Where a copy is just now. `loan` for those who may see loans of its division; `due_on` for all."""

    item: ItemId
    number: ItemNumber
    record: RecordId
    title: str
    creators: tuple[str, ...]
    material_type: str
    owner_branch: BranchId
    placement: PlacementId
    state: str
    due_on: date | None
    seen_at: datetime | None
    seen_branch: BranchId | None
    bound_for: BranchId | None
    loan: LoanId | None
    withdrawn_at: datetime | None
    """From then on it is for nobody, wherever it is."""


class FoundCopy(msgspec.Struct, frozen=True, kw_only=True):
    copy: CopyShown
    division: DivisionId
    """Which owns it."""


class PastLoan(msgspec.Struct, frozen=True, kw_only=True):
    """A time that a copy was out. `borrower` for those who may see loans of the division, as long as it is kept."""

    loan: LoanId
    division: DivisionId
    branch: BranchId
    lent_at: datetime
    due_on: date
    renewals: int
    closed_at: datetime | None
    closed_how: str | None
    closed_branch: BranchId | None
    borrower: PatronId | None


class PastJourney(msgspec.Struct, frozen=True, kw_only=True):
    """A time that a copy was on its way."""

    journey: JourneyId
    from_branch: BranchId
    to_branch: BranchId
    reason: str
    sent_at: datetime
    ended_at: datetime | None
    ended_how: str | None


class CopyHistory(msgspec.Struct, frozen=True, kw_only=True):
    """Where a copy has been, the latest first."""

    loans: tuple[PastLoan, ...]
    journeys: tuple[PastJourney, ...]
