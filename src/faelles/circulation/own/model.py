"""A patron's own loans and holds, as web sites list them. What there may be many of comes by place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from faelles.catalog.numbers.rules import number_of
from faelles.circulation.availability.model import IssueNamed, LentCopy
from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import ItemFacts, OpenLoan, PatronFacts
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.loans.facts import LoanAndItem, LoanFacts
from faelles.ground.ids import BranchId, HoldId, PatronId, RecordId
from faelles.policies.model import SettingsRevision


class LoanByPlace(LoanFacts, frozen=True, kw_only=True, array_like=True):
    pass


class ItemByPlace(ItemFacts, frozen=True, kw_only=True, array_like=True):
    pass


class LoanAtHome(LoanAndItem, frozen=True, kw_only=True, array_like=True):
    """`identifier`: the title's. `answering`: whoever answers for the loan, where that is not the patron whose loans
    these are. Of the item, notes and parts are left out: they decide nothing here.
    """

    loan: LoanByPlace
    item: ItemByPlace
    identifier: str
    issue: IssueNamed | None
    answering: PatronFacts | None

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

    @property
    def as_open(self) -> OpenLoan:
        loan, item = self.loan, self.item
        is_stopped = loan.lost_at is not None or loan.claimed_returned_at is not None
        return OpenLoan(loan.division, item.material_group, item.record, loan.due_on, is_stopped)


@dataclass(frozen=True, slots=True)
class BorrowedAtHome:
    """Loans at home that one patron answers for."""

    patron: PatronFacts
    loans: tuple[LoanAtHome, ...]


class AtHome(msgspec.Struct, frozen=True, array_like=True):
    """The open loans of a patron in either role, in no order. `patron` is without guardians and loans: those that count
    are the ones listed.
    """

    revision: SettingsRevision
    patron: PatronFacts | None
    lent: tuple[LoanAtHome, ...]

    @property
    def borrowed(self) -> list[BorrowedAtHome]:
        """By whoever answers for them."""
        mine = tuple(each for each in self.lent if each.answering is None)
        theirs = _by_answering(each for each in self.lent if each.answering is not None)
        if self.patron is None or not mine:
            return theirs
        patron = msgspec.structs.replace(self.patron, loans=tuple(each.as_open for each in mine))
        return [BorrowedAtHome(patron, mine), *theirs]

    @property
    def loans(self) -> list[LoanAtHome]:
        """By their ids."""
        return sorted(self.lent, key=lambda each: each.loan.id)


def _by_answering(loans: Iterable[LoanAtHome]) -> list[BorrowedAtHome]:
    found: dict[PatronId, tuple[PatronFacts, list[LoanAtHome]]] = {}
    for each in loans:
        if each.answering is not None:
            found.setdefault(each.answering.id, (each.answering, []))[1].append(each)
    return [BorrowedAtHome(patron, tuple(theirs)) for patron, theirs in found.values()]


@dataclass(frozen=True, slots=True)
class OwnLoan:
    """`refused`: what stands against renewing it just now, which is nothing where a renewal would gain no day; None
    where it may be renewed.
    """

    loan: LoanFacts
    copy: LentCopy
    refused: tuple[Block, ...] | None


class OwnHold(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
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


class OwnHolds(msgspec.Struct, frozen=True, array_like=True):
    """The open holds of a patron, by id, and what the rules for them stand at."""

    revision: SettingsRevision
    holds: list[OwnHold]
