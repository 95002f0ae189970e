"""What is read of a patron and a copy whatever is wanted of them, in the shapes of 0010_circulation_loads.sql."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from faelles.circulation.desk.issues import IssueNamed
from faelles.fees.exclusion.model import Notice
from faelles.ground.ids import (
    BranchId,
    DivisionId,
    ItemId,
    ItemNumber,
    MaterialGroupId,
    PatronGroupId,
    PatronId,
    PlacementId,
    RecordId,
)


class ItemState(StrEnum):
    AVAILABLE = "available"
    ON_LOAN = "on_loan"
    IN_TRANSIT = "in_transit"
    LOST = "lost"
    CLAIMED_RETURNED = "claimed_returned"
    MISSING = "missing"


class EarlierAnswer(msgspec.Struct, frozen=True):
    """What the same idempotency key was answered before. `fingerprint` is hex."""

    fingerprint: str
    answer: Any


class Membership(msgspec.Struct, frozen=True, array_like=True):
    """`ended` is the first day on which it no longer holds; None: open."""

    division: DivisionId
    role: str
    group: PatronGroupId
    starts: date | None
    ended: date | None

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, as people say it."""
        return self.ended - timedelta(days=1) if self.ended is not None else None

    def holds_on(self, day: date) -> bool:
        return (self.starts is None or self.starts <= day) and (self.ended is None or day < self.ended)


SELF_SERVICE_BLOCK = "S"


class PatronBlock(msgspec.Struct, frozen=True, array_like=True):
    """A block that nobody lifted. `division` None: in the whole agency."""

    code: str
    division: DivisionId | None
    starts: date
    last_day: date | None

    def stands_in(self, division: DivisionId, day: date) -> bool:
        in_time = self.starts <= day and (self.last_day is None or day <= self.last_day)
        return in_time and self.division in {None, division}


class Balance(msgspec.Struct, frozen=True, array_like=True):
    division: DivisionId
    ore: int


class Debts(msgspec.Struct, frozen=True):
    balances: tuple[Balance, ...]
    exclusions: tuple[Notice, ...]
    """What was written to the patron about exclusion; whether one excludes today follows from it."""


class Guardian(msgspec.Struct, frozen=True, array_like=True):
    """An adult who is financially responsible, from `starts` on and before `ended`."""

    patron: PatronId
    starts: date | None
    ended: date | None

    def holds_on(self, day: date) -> bool:
        return (self.starts is None or self.starts <= day) and (self.ended is None or day < self.ended)


def is_late(due_on: date, day: date, *, is_stopped: bool) -> bool:
    """`is_stopped`: lost, or said to be returned, which is another question than being late."""
    return due_on < day and not is_stopped


class OpenLoan(msgspec.Struct, frozen=True, array_like=True):
    """One of the loans the patron answers for."""

    division: DivisionId
    material_group: MaterialGroupId
    record: RecordId
    due_on: date
    is_stopped: bool

    def is_overdue(self, day: date) -> bool:
        return is_late(self.due_on, day, is_stopped=self.is_stopped)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, and what stands for and against them whatever they want."""

    id: PatronId
    name: str
    birth_date: date | None
    home_branch: BranchId
    language: str
    pin_hash: str | None
    memberships: tuple[Membership, ...]
    blocks: tuple[PatronBlock, ...]
    debts: Debts | None
    """None: nothing was ever booked for the patron."""

    def membership_in(self, division: DivisionId, day: date) -> Membership | None:
        """The membership that counts in `division`: the one that holds on `day`, else the latest of the others."""
        mine = [each for each in self.memberships if each.division == division]
        for each in mine:
            if each.holds_on(day):
                return each
        return max(mine, key=lambda each: each.starts or date.min, default=None)

    def balance_in(self, division: DivisionId) -> int:
        """What is owed in `division`, in øre."""
        return sum(balance.ore for balance in self.debts.balances if balance.division == division) if self.debts else 0

    @property
    def exclusions(self) -> tuple[Notice, ...]:
        return self.debts.exclusions if self.debts else ()

    def blocks_in(self, division: DivisionId, day: date, *, is_self_service: bool) -> tuple[PatronBlock, ...]:
        """The blocks that stand in `division` on `day`; one for self-service only where nobody stands by."""
        standing = [block for block in self.blocks if block.stands_in(division, day)]
        return tuple(block for block in standing if is_self_service or block.code != SELF_SERVICE_BLOCK)


class PatronFacts(Standing, frozen=True, kw_only=True):
    """With what lending to them, and what it costs whom, depends on."""

    kind: str
    guardians: tuple[Guardian, ...]
    loans: tuple[OpenLoan, ...]

    def loans_in(self, division: DivisionId) -> tuple[OpenLoan, ...]:
        return tuple(loan for loan in self.loans if loan.division == division)

    def responsible_on(self, day: date) -> PatronId | None:
        """The adult who answers for the patron's debts on `day`; of several the one who took it over last."""
        holding = [guardian for guardian in self.guardians if guardian.holds_on(day)]
        latest = max(holding, key=lambda each: (each.starts or date.min, -each.patron), default=None)
        return latest.patron if latest else None


class Note(msgspec.Struct, frozen=True, array_like=True):
    text: str
    on_checkout: bool
    on_return: bool


class Part(msgspec.Struct, frozen=True, array_like=True):
    """What belongs to a copy and must come back with it."""

    description: str
    is_present: bool


class RuledItem(msgspec.Struct, frozen=True, kw_only=True):
    """What tells which rules hold for a copy, and all of it that a renewal is decided by."""

    id: ItemId
    number: ItemNumber
    kind: str
    record: RecordId
    owner_branch: BranchId
    default_placement: PlacementId
    material_group: MaterialGroupId
    withdrawn: bool
    lender_due_on: date | None

    @property
    def is_placeholder(self) -> bool:
        """Whether it stands for another library's copy."""
        return self.kind == "placeholder"


class ItemFacts(RuledItem, frozen=True, kw_only=True):
    title: str
    creators: tuple[str, ...]
    material_type: str
    classification: str | None
    issue: IssueNamed | None
    price_ore: int | None
    condition: str
    not_for_loan: str | None
    minimum_age: int | None
    received: bool
    sent_home: bool
    state: ItemState
    parts: tuple[Part, ...]
    notes: tuple[Note, ...]

    @property
    def missing_parts(self) -> tuple[str, ...]:
        return tuple(part.description for part in self.parts if not part.is_present)


class BookedDays(msgspec.Struct, frozen=True, array_like=True):
    """The copy is kept for somebody from `starts` to `ends`, the days to bring it and to take it back among them; the
    booking itself ends with `last_day`.
    """

    is_mine: bool
    starts: date
    last_day: date
    ends: date


class SignIn(msgspec.Struct, frozen=True):
    """Failed attempts with the scanned identifier."""

    failures: int
    locked_until: datetime | None
