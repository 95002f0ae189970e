"""Dates and loans that a change reaches, counted by what rules can tell apart."""

from datetime import date
from enum import StrEnum

import msgspec

from faelles.ground.ids import BranchId, DivisionId, MaterialGroupId, PatronGroupId
from faelles.policies.model import LoanKind
from faelles.policies.requests import KnobValue


class DateKind(StrEnum):
    DUE = "due"
    PICKUP = "pickup"


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """So many loans due, or holds kept until, one day, which no rule can tell apart."""

    kind: DateKind
    branch: BranchId
    """Where it was lent, or is picked up."""
    division: DivisionId
    material_group: MaterialGroupId | None
    patron_group: PatronGroupId | None
    loan_kind: LoanKind
    day: date
    number: int


class OpenLoans(msgspec.Struct, frozen=True, kw_only=True):
    """So many open loans that no rule can tell apart."""

    division: DivisionId
    owner_branch: BranchId
    branch: BranchId
    material_group: MaterialGroupId
    patron_group: PatronGroupId | None
    loan_kind: LoanKind
    number: int


class MovedDay(msgspec.Struct, frozen=True, kw_only=True):
    """What moves from one day to another at a branch."""

    branch: BranchId
    from_day: date
    to_day: date
    due: int
    """Loans."""
    pickups: int
    """Holds that are ready."""


class ClosingForeseen(msgspec.Struct, frozen=True, kw_only=True):
    days: tuple[MovedDay, ...]
    due: int
    pickups: int
    lenders: int
    """Interlibrary loans due on those days: the lender's date stands."""


class LoansTouched(msgspec.Struct, frozen=True, kw_only=True):
    """So many open loans for which a knob would be answered with another value."""

    knob: str
    title: str
    before: KnobValue
    after: KnobValue
    number: int


class RulesForeseen(msgspec.Struct, frozen=True, kw_only=True):
    touched: tuple[LoansTouched, ...]
    """Most loans first."""
    open_loans: int
    """All there are."""
