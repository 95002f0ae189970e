"""A patron's own loans and holds, as web sites list them. What there may be many of comes by place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from faelles.catalog.numbers.rules import number_of
from faelles.circulation.availability.model import LentCopy, TitleElsewhere
from faelles.circulation.desk.blocks import Block
from faelles.circulation.desk.facts import BookedDays, OpenLoan, PatronFacts, RuledItem
from faelles.circulation.desk.hold_states import HoldState
from faelles.circulation.desk.issues import IssueNamed
from faelles.circulation.loans.facts import LoanStanding
from faelles.ground.ids import BranchId, HoldId, PatronId, RecordId
from faelles.policies.model import SettingsRevision


class LoanByPlace(LoanStanding, frozen=True, kw_only=True, array_like=True):
    pass


class ItemByPlace(RuledItem, frozen=True, kw_only=True, array_like=True):
    pass


class LoanAtHome(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a renewal is decided by, and what a list shows. `waited_for_from` and `bookings` as in `LoanAndItem`;
    `identifier`: the title's; `answering`: whoever answers for the loan, where that is not the patron whose loans
    these are.
    """

    loan: LoanByPlace
    item: ItemByPlace
    waited_for_from: date | None
    bookings: tuple[BookedDays, ...]
    identifier: str
    issue: IssueNamed | None
    elsewhere: TitleElsewhere | None
    answering: PatronFacts | None

    @property
    def copy(self) -> LentCopy:
        item = self.item
        return LentCopy(self.loan.id, item.number, self.identifier, item.material_group, self.issue, self.elsewhere)

    @property
    def as_open(self) -> OpenLoan:
        loan, item = self.loan, self.item
        return OpenLoan(loan.division, item.material_group, item.record, loan.due_on, loan.is_stopped)


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


class OwnLoan(msgspec.Struct, frozen=True):
    """`refused`: what stands against renewing it just now; None where it may be renewed."""

    loan: LoanStanding
    copy: LentCopy
    refused: tuple[Block, ...] | None


class OwnHold(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """`position` counts those who wait for the same copies up to this one; None once a copy is bound."""

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
