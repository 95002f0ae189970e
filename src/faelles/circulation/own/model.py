"""A patron's own loans and holds, as web sites list them."""

from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from faelles.catalog.numbers.rules import number_of
from faelles.circulation.availability.model import IssueNamed, LentCopy
from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.loans.facts import LoanAndItem, LoanFacts
from faelles.ground.ids import BranchId, HoldId, RecordId
from faelles.policies.model import SettingsRevision


class LoanAtHome(LoanAndItem, frozen=True, kw_only=True):
    """`identifier`: the title's. Of the item, notes and parts are left out: they decide nothing here."""

    identifier: str
    issue: IssueNamed | None

    @property
    def copy(self) -> LentCopy:
        return LentCopy(
            loan=self.loan.id,
            item_number=self.item.number,
            record=self.item.record,
            identifier=self.identifier,
            material_group=self.item.material_group,
            issue=self.issue,
            is_interlibrary=self.item.is_placeholder,
            title=self.item.title,
            creators=self.item.creators,
            material_type=self.item.material_type,
        )


class BorrowedAtHome(msgspec.Struct, frozen=True):
    """Loans at home that one patron answers for."""

    patron: PatronFacts
    loans: tuple[LoanAtHome, ...]


class AtHome(msgspec.Struct, frozen=True, kw_only=True):
    """The open loans of a patron in either role, by whoever answers for them."""

    revision: SettingsRevision
    borrowed: tuple[BorrowedAtHome, ...]

    @property
    def loans(self) -> list[LoanAtHome]:
        """By their ids."""
        loans = [each for borrowed in self.borrowed for each in borrowed.loans]
        return sorted(loans, key=lambda each: each.loan.id)


@dataclass(frozen=True, slots=True)
class OwnLoan:
    """`refused`: what stands against renewing it just now, which is nothing where a renewal would gain no day; None
    where it may be renewed.
    """

    loan: LoanFacts
    copy: LentCopy
    refused: tuple[Block, ...] | None


class OwnHold(msgspec.Struct, frozen=True, kw_only=True):
    """`position` counts those who wait for the title up to this one; None once a copy is bound."""

    id: HoldId
    record: RecordId
    identifier: str
    issue: IssueNamed | None
    transaction: HoldId
    is_parallel: bool
    pickup: BranchId
    state: HoldState
    placed_at: datetime
    active_from: date | None
    interest_until: date
    position: int | None
    shelf_number: str | None
    pickup_deadline: date | None

    @property
    def number(self) -> str:
        """The title's, as the outside knows it."""
        return number_of(self.identifier)
