"""The loans of one agency, made up: those that are out, and those that came back, in time or late. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from zoneinfo import ZoneInfo

from faelles.agencies.model import DivisionKind
from faelles.circulation.desk.dimensions import age_band
from faelles.circulation.loans.bulk_store import PreparedLoan
from faelles.circulation.loans.due_dates import due_date
from faelles.demo.chance import dice
from faelles.demo.population import Population
from faelles.ground.ids import BranchId, DivisionId, ItemNumber, PatronGroupId, PatronId
from faelles.items.model import BulkItem
from faelles.patrons.model import PatronKind
from faelles.policies.compiled import Settings
from faelles.policies.knobs import DUE_CALENDAR, LENDABLE
from faelles.policies.model import Subject

_OUT, _OVERDUE, _RETURNED, _RETURNED_LATE = 0.12, 0.012, 0.18, 0.008
"""Shares of the copies: on loan in time, on loan past the due date, returned in time, to be returned too late."""
_READERS = 0.5
"""The share of the patrons who borrow at all."""
_LATE_DAYS = (2, 3, 5, 6, 9, 12, 20, 34, 45)
_OLDEST = 300
_HOURS = range(8, 19)


@dataclass(frozen=True, slots=True)
class LateReturn:
    """A copy that is on loan, was due and is returned at this moment."""

    item: ItemNumber
    borrower: PatronId
    branch: BranchId
    returned_at: datetime
    is_paid: bool


@dataclass(frozen=True, slots=True)
class Borrowing:
    loans: list[PreparedLoan]
    late: list[LateReturn]


@dataclass(frozen=True, slots=True)
class _Reader:
    patron: PatronId
    born: date | None
    group: PatronGroupId


def borrow(settings: Settings, population: Population, items: Sequence[BulkItem], now: datetime) -> Borrowing:
    """Loans of `items` to people of `population`; a copy is on loan once at most, and what is not for loan never."""
    desk = _Desk(settings, now)
    drawn = Borrowing([], [])
    for division in settings.directory.divisions.values():
        readers = _readers(population, division.id, desk.dice)
        copies = [each for each in items if settings.directory.branches[each.owner_branch].division == division.id]
        if readers:
            desk.lend(copies, readers, is_public=division.kind is DivisionKind.PUBLIC, to=drawn)
    return drawn


def _readers(population: Population, division: DivisionId, dice_: Random) -> list[_Reader]:
    """The people of a division who borrow: some of them, those who read much several times."""
    blocked = {patron for patron, _ in population.blocks}
    found = [
        _Reader(patron.id, patron.birth_date, membership.group)
        for patron in population.patrons
        if patron.kind is PatronKind.PERSON and patron.id not in blocked
        for membership in patron.memberships
        if membership.division == division and dice_.random() < _READERS
    ]
    return [each for each in found for _ in range(dice_.choice((1, 1, 2, 4)))]


class _Desk:
    """Where the loans of one agency are made."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        directory = settings.directory
        self.dice = dice(directory.agency.isil, "loans")
        self._settings, self._now = settings, now
        self._zone = ZoneInfo(directory.agency.time_zone)
        self._today = now.astimezone(self._zone).date()

    def lend(self, copies: Sequence[BulkItem], readers: Sequence[_Reader], *, is_public: bool, to: Borrowing) -> None:
        pile = iter(self.dice.sample(copies, len(copies)))

        def some(share: float) -> Iterator[tuple[BulkItem, _Reader]]:
            return ((copy, self.dice.choice(readers)) for copy in islice(pile, round(share * len(copies))))

        to.loans.extend(self._loans(some(_OUT), is_late=False))
        to.loans.extend(self._loans(some(_OVERDUE), is_late=True))
        closed = (self._closed(copy, reader) for copy, reader in some(_RETURNED))
        to.loans.extend(loan for loan in closed if loan is not None)
        if is_public:
            late = [loan for loan in self._loans(some(_RETURNED_LATE), is_late=True) if self._days_late(loan) > 1]
            to.loans.extend(late)
            to.late.extend(self._late(loan) for loan in late)

    def _loans(self, wanted: Iterable[tuple[BulkItem, _Reader]], *, is_late: bool) -> Iterator[PreparedLoan]:
        for copy, reader in wanted:
            if (loan := self._loan(copy, reader, is_late=is_late)) is not None:
                yield loan

    def _loan(self, copy: BulkItem, reader: _Reader, *, is_late: bool) -> PreparedLoan | None:
        """An open loan: due in the time to come, or some days ago."""
        length = self._length(copy, reader)
        if length is None:
            return None
        ago = length + self.dice.choice(_LATE_DAYS) if is_late else self.dice.randrange(min(length, _OLDEST))
        lent_on = self._today - timedelta(days=ago)
        return self._prepared(copy, reader, lent_on)

    def _closed(self, copy: BulkItem, reader: _Reader) -> PreparedLoan | None:
        """A loan of earlier this year that was returned in time."""
        length = self._length(copy, reader)
        if length is None:
            return None
        lent_on = self._today - timedelta(days=self.dice.randrange(2, _OLDEST))
        kept = self.dice.randint(1, max(min((self._today - lent_on).days - 1, length - 3), 1))
        loan = self._prepared(copy, reader, lent_on)
        returned_on = lent_on + timedelta(days=kept)
        return loan and loan.returned(self._moment(returned_on), returned_on)

    def _prepared(self, copy: BulkItem, reader: _Reader, lent_on: date) -> PreparedLoan | None:
        due_on = self._due(copy, reader, lent_on)
        if due_on is None:
            return None
        return PreparedLoan(
            item=ItemNumber(copy.number),
            patron=reader.patron,
            patron_group=reader.group,
            age_band=age_band(reader.born, lent_on),
            branch=copy.owner_branch,
            lent_at=self._moment(lent_on),
            lent_on=lent_on,
            due_on=due_on,
        )

    def _length(self, copy: BulkItem, reader: _Reader) -> int | None:
        """How many days such a loan is made for today; None where it would not be made."""
        due_on = self._due(copy, reader, self._today)
        return None if due_on is None else (due_on - self._today).days

    def _due(self, copy: BulkItem, reader: _Reader, lent_on: date) -> date | None:
        settings = self._settings
        place = settings.at_branch(copy.owner_branch, copy.default_placement)
        subject = Subject(
            item=place, patron=place, desk=place, patron_group=reader.group, material_group=copy.material_group
        )
        terms = settings.policy.terms(subject, self._now)
        # What is for grown-ups alone is left on the shelf: nobody's age is asked here.
        if copy.not_for_loan is not None or copy.minimum_age is not None or not terms[LENDABLE].value:
            return None
        calendar = settings.directory.calendar(copy.owner_branch, terms[DUE_CALENDAR].value)
        return due_date(lent_on, terms, calendar)

    def _late(self, loan: PreparedLoan) -> LateReturn:
        """Returned on a day after the due date and before today; every third pays at once."""
        back_on = loan.due_on + timedelta(days=self.dice.randrange(1, self._days_late(loan)))
        is_paid = self.dice.random() < 1 / 3
        return LateReturn(loan.item, loan.patron, loan.branch, self._moment(back_on), is_paid)

    def _days_late(self, loan: PreparedLoan) -> int:
        return (self._today - loan.due_on).days

    def _moment(self, day: date) -> datetime:
        """Some time in the opening hours of a day, in UTC; never later than now."""
        clock = time(self.dice.choice(_HOURS), self.dice.randrange(60))
        return min(datetime.combine(day, clock, self._zone).astimezone(UTC), self._now)
