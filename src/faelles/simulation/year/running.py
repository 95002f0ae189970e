"""A year from its first day to its last: night, desk, evening, again and again; and both sides' books compared."""

import time as clocks
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from faelles.agencies.opening.model import SetCalendarDays
from faelles.agencies.opening.operations import set_calendar_days
from faelles.fees.debt.model import AnswerKind
from faelles.fees.debt.reconciling import reconcile
from faelles.fees.operations import verify
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import PatronId
from faelles.ground.jobs import Job
from faelles.patrons.blocks.model import BlockCode, SetBlock
from faelles.patrons.blocks.operations import set_block
from faelles.patrons.model import ChangePatron
from faelles.patrons.operations import change
from faelles.policies.model import Scope
from faelles.policies.operations import set_rule
from faelles.policies.requests import SetRule
from faelles.simulation.clock import TurnedClock
from faelles.simulation.year import municipality, store
from faelles.simulation.year.living import Life
from faelles.simulation.year.model import Books, Size, YearReport
from faelles.simulation.year.reference import Person, Reference, open_claims
from faelles.simulation.year.turning import Turning

Progress = Callable[[int, int], None]
"""Hears how many days are over, and how many there are."""
LivesFor = Callable[[], int | None]

_MORNING: Final = time(4, 30)
_OPENING: Final = time(10)
_CLOSING: Final = time(20)
_SETTLING: Final = timedelta(minutes=20)
_OUTAGE_EVERY: Final = 60
"""Days. Then nobody keeps the night for two days, and the third makes up for it."""
_AMNESTY: Final = (date(2027, 4, 12), date(2027, 4, 26), 50)
_CLOCK_CHANGES: Final = (date(2027, 3, 28), date(2027, 10, 31))


@dataclass
class Year:
    life: Life
    turning: Turning
    books: list[Books] = field(default_factory=list)
    missed: int = 0
    """Nights that nobody kept."""

    @property
    def reference(self) -> Reference:
        return self.life.reference

    async def live(self, tell: Progress) -> None:
        size = self.life.size
        await self._announce_amnesty()
        self.reference.welcome(size.first_day)
        for number in range(size.days):
            today = size.first_day + timedelta(number)
            self.reference.begin_day(today)
            await self._night(number, today)
            await self._day(number, today)
            await self._evening(today)
            if (number + 1) % 30 == 0 or number == size.days - 1:
                await self._compare_books()
            tell(number + 1, size.days)
        await self._compare_notices()

    async def _night(self, number: int, today: date) -> None:
        if number % _OUTAGE_EVERY in {_OUTAGE_EVERY - 2, _OUTAGE_EVERY - 1}:
            self.missed += 1
            return
        zone = self.life.town.home.zone
        if today in _CLOCK_CHANGES:
            for hour in (0, 1, 2, 3):
                self.life.clock.turn_to(today, time(hour, 30), zone)
                await self.turning.night()
        self.life.clock.turn_to(today, _MORNING, zone)
        await self.turning.night()
        days = [today - timedelta(back) for back in range(self.missed, -1, -1)]
        # An agency that never kept a night begins with the latest.
        self.reference.night(days if number >= self.missed else days[-1:], today)
        self.missed = 0
        await self.turning.send()

    async def _day(self, number: int, today: date) -> None:
        self.life.clock.turn_to(today, _OPENING, self.life.town.home.zone)
        if number % 30 == 11:  # noqa: PLR2004 - once a month
            await self._somebody_dies()
            await self._somebody_moves()
        if number % 90 == 40:  # noqa: PLR2004 - four times a year
            await self._close_a_day(today)
        if self.reference.is_open[today]:
            await self.life.day(today)

    async def _evening(self, today: date) -> None:
        self.life.clock.turn_to(today, _CLOSING, self.life.town.home.zone)
        await self.turning.debtor_round()
        await self._paid_over_there(today)
        await self.turning.follow_events()
        self.life.clock.now += _SETTLING
        await self.turning.send()
        self.reference.evening(today)

    async def _paid_over_there(self, today: date) -> None:
        """Now and then a debtor pays there, or the debt is reduced or written off; it is taken in twice."""
        for person in self.reference.people.values():
            claims = list(open_claims(person))
            if not claims or not claims[0].is_handed_over or self.life.chance.random() > 0.05:  # noqa: PLR2004 - rare
                continue
            claim, charge = await self.life.oldest_claim(person)
            kind = self.life.chance.choice((AnswerKind.PAYMENT, AnswerKind.REDUCTION, AnswerKind.WRITE_OFF))
            amount = claim.outstanding if kind is AnswerKind.WRITE_OFF else max(claim.outstanding // 2, 1)
            self.turning.paid_over_there(kind, charge, amount)
            self.life.done[f"collected_{kind}"] += 1
            if kind is AnswerKind.PAYMENT:
                self.reference.pay(person, amount, today, first=claim)
            else:
                claim.forgiven += amount
        for _ in range(2):
            await self.turning.debtor_round()

    # What happens to people and to the library.

    async def _announce_amnesty(self) -> None:
        begins, ends, percent = self.reference.amnesty
        zone = self.life.town.home.zone
        moments = [datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC) for day in (begins, ends)]
        rule = SetRule(
            scope=Scope.AGENCY,
            scope_id=self.life.town.agency,
            knob="overdue_fee_percent",
            value=percent,
            valid_from=moments[0],
            valid_until=moments[1],
        )
        await self.life.do("amnesty", lambda tx, caller: set_rule(tx, caller, rule))

    async def _somebody_dies(self) -> None:
        """Nobody who answers for a child."""
        guardians = {each.guardian for each in self.reference.people.values()}
        living = [each for each in self.reference.people.values() if not each.is_dead and each not in guardians]
        person = self.life.chance.choice(living)
        request = SetBlock(code=BlockCode.DECEASED)
        await self.life.do("death", lambda tx, caller: set_block(tx, caller, PatronId(person.id), request))
        person.is_dead = True

    async def _somebody_moves(self) -> None:
        person = self._not_moved()
        request = ChangePatron(version=1, home_branch=self.life.town.other_branch)
        await self.life.do("move", lambda tx, caller: change(tx, caller, PatronId(person.id), request))

    def _not_moved(self) -> Person:
        moved = self.life.done["move"]
        return list(self.reference.people.values())[moved]

    async def _close_a_day(self, today: date) -> None:
        """At short notice, on a day on which something is due."""
        soon = (loan.due_on for loan in self.reference.loans.values() if loan.due_on > today + timedelta(2))
        day = min(soon, default=None)
        if day is None or not self.reference.is_open[day]:
            return
        request = SetCalendarDays(branches=(self.life.town.branch,), first_day=day, last_day=day, reason="Vandskade")
        await self.life.do("closure", lambda tx, caller: set_calendar_days(tx, caller, request))
        self.reference.is_open[day] = False
        plans = self.life.plans
        plans[self.life.open_day(day)] += plans.pop(day, [])

    # What both sides say.

    async def _compare_books(self) -> None:
        people = self.reference.people.values()
        claimed, owed = _claimed(people), sum(each.balance for each in people)
        self.books.append(Books(day=self.reference.today, claimed_ore=claimed, outstanding_ore=owed))
        run, agency = self.life.database.run, self.life.town.agency
        found = await run(agency, SYSTEM, store.balances, read_only=True)
        for person in self.reference.people.values():
            self.life.compare(f"balance of {person.id}", found.get(person.id, 0), person.balance)
        self.life.compare("books", await run(agency, SYSTEM, verify, read_only=True), [])
        await self.turning.debtor_round()
        report = await reconcile(self.life.database, self.life.town.outside, self.life.town.librarian)
        # What changed since last night is told tonight.
        unheard = [each for each in report if each.check not in {"debt_not_told", "debt_balance_differs"}]
        self.life.compare("reconciliation", unheard, [])

    async def _compare_notices(self) -> None:
        agency, zone = self.life.town.agency, self.life.town.home.zone
        said = await self.life.database.run(agency, SYSTEM, partial(store.said, zone=zone), read_only=True)
        expected = self.reference.said
        for person, kind, day in sorted((said - expected) | (expected - said)):
            key = (person, kind, day)
            self.life.compare(f"{kind} to {person} on {day}", said[key], expected[key])
        left = await self.life.database.run(agency, SYSTEM, store.left, read_only=True)
        self.life.compare("notices neither sent nor let go", left, 0)
        self.life.compare("failed jobs", self.turning.failures, [])


async def run_year(
    database: Database,
    clock: TurnedClock,
    keyring: Keyring,
    directory: Path,
    size: Size,
    jobs: Sequence[Job],
    tell: Progress = lambda _done, _of: None,
    *,
    lives_for: LivesFor = lambda: None,
) -> YearReport:
    """Live a year of a municipality of its own. `clock` is the database's. Nothing is raised for what differs: it is in
    the report.
    """
    began = clocks.perf_counter()
    town = await municipality.found(database, keyring, directory)
    population = await municipality.populate(database, keyring, town, size)
    reference = Reference(
        await municipality.open_days(database, town, size), people=population.people, amnesty=_AMNESTY
    )
    chance = Random(size.seed + 1)  # noqa: S311 - the same year each time
    life = Life(
        town=town,
        size=size,
        population=population,
        database=database,
        keyring=keyring,
        clock=clock,
        reference=reference,
        chance=chance,
        free=list(population.books),
    )
    turning = Turning(town=town, database=database, keyring=keyring, clock=clock, jobs=jobs, lives_for=lives_for)
    year = Year(life, turning)
    await year.live(tell)
    paid: int = await database.run(town.agency, SYSTEM, store.paid, read_only=True)
    return _report(year, size, clocks.perf_counter() - began, paid)


def _claimed(people: Iterable[Person]) -> int:
    return sum(claim.charged for each in people for claim in each.claims.values())


def _report(year: Year, size: Size, seconds: float, paid: int) -> YearReport:
    life, people = year.life, year.reference.people.values()
    told, by_month = Counter[str](), Counter[str]()
    for (_, kind, day), times in sorted(year.reference.said.items(), key=lambda each: each[0][2]):
        told[kind] += times
        by_month[f"{day:%Y-%m}"] += times
    done = Counter(life.done)
    done["comings_of_age"] = sum(
        each.is_child(size.first_day) and not each.is_child(life.reference.today) for each in people
    )
    return YearReport(
        size=size,
        seconds=round(seconds, 1),
        done=dict(sorted(done.items())),
        claimed_ore=_claimed(people),
        paid_ore=paid,
        outstanding_ore=sum(each.balance for each in people),
        notices=life.reference.said.total(),
        told=dict(sorted(told.items())),
        told_by_month=dict(by_month),
        books=year.books,
        lives=year.turning.lives,
        differences=life.differences,
    )
