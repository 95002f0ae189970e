"""A claim as somebody who doubts it wants to see it."""

from datetime import date, datetime

import msgspec

from faelles.fees.desk.model import ClaimLine, StatementLine
from faelles.ground.ids import LoanId, RuleId
from faelles.ground.money import Ore


class BatchDays(msgspec.Struct, frozen=True, kw_only=True):
    """The days that an overdue claim was reckoned from, the same for all of its loans."""

    lent_on: date
    due_on: date
    settled_on: date
    """When they were handed in or renewed."""


class ClaimLoan(msgspec.Struct, frozen=True, kw_only=True):
    """One loan the claim is for, and what the tariff says for it. Released: its return was undone."""

    loan: LoanId
    amount_ore: Ore
    added_at: datetime
    released_at: datetime | None


class ClaimStory(msgspec.Struct, frozen=True, kw_only=True):
    """`days`: of an overdue claim; `rule`: of the tariff, where one spoke; `entries`: the oldest first."""

    claim: ClaimLine
    rule: RuleId | None
    days: BatchDays | None
    loans: tuple[ClaimLoan, ...]
    entries: tuple[StatementLine, ...]
