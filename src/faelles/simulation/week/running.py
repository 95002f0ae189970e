"""A week from its first night to its last evening."""

import time as clocks
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from typing import Final

from faelles.agencies.model import Service
from faelles.circulation.holds.matcher import match_dirty_titles
from faelles.circulation.holds.nightly import TURN_DAY
from faelles.circulation.shelf.nightly import EXPIRE_SHELF
from faelles.circulation.transit.nightly import JOBS as TRANSIT_JOBS
from faelles.ground.crypto import Keyring
from faelles.ground.database import Transaction
from faelles.ground.database.pool import open_database
from faelles.ground.ids import BranchId
from faelles.ground.jobs import Job, Slice
from faelles.policies.operations import current_settings
from faelles.simulation.clock import TurnedClock
from faelles.simulation.week import municipality, store
from faelles.simulation.week.explaining import explain
from faelles.simulation.week.living import Life
from faelles.simulation.week.model import FIRST_DAY, ZONE, Sample, Size, WeekReport

Progress = Callable[[int, int], None]
"""Hears how many days are over, and how many there are."""

_CONNECTIONS: Final = 6
_BEFORE: Final = timedelta(days=20)
_NIGHT: Final[tuple[Job, ...]] = (TURN_DAY, EXPIRE_SHELF, *TRANSIT_JOBS)
_IN_THE_MORNING: Final = 0.6
"""Of a day's holds."""


@dataclass
class Week:
    life: Life
    samples: list[Sample] = field(default_factory=list)

    async def live(self, tell: Progress) -> None:
        size = self.life.size
        a_day = [size.holds // size.days + (number < size.holds % size.days) for number in range(size.days)]
        await self.life.go_away(FIRST_DAY)
        for number in range(size.days):
            await self._day(number, FIRST_DAY + timedelta(days=number), a_day[number])
            tell(number + 1, size.days)

    async def _day(self, number: int, today: date, wishes: int) -> None:
        """Night, wishes, pick lists, vans, the desk, wishes and pick lists again, and what is given up."""
        life, morning = self.life, int(wishes * _IN_THE_MORNING)
        self._turn(today, time(0, 30))
        await self._night(today)
        open_branches = await self._open_branches(today)
        await self._hour(number, today, 8, life.wish(morning))
        await self._hour(number, today, 10, life.open_up(open_branches))
        for van in life.town.vans:
            await self._hour(number, today, 12, life.drive(van, today))
        await self._hour(number, today, 14, life.hand_in(open_branches))
        await self._hour(number, today, 15, life.collect(today, open_branches))
        await self._hour(number, today, 16, life.wish(wishes - morning))
        await self._hour(number, today, 17, life.open_up(open_branches))
        await self._hour(number, today, 21, life.give_up())

    async def _hour(self, number: int, today: date, hour: int, work: Awaitable[None]) -> None:
        self._turn(today, time(hour))
        await work
        await self._match()
        in_transit, ready = await self.life.run(store.sample)
        self.samples.append(Sample(number, hour, in_transit, ready))

    def _turn(self, today: date, hour: time) -> None:
        self.life.clock.turn_to(today, hour, ZONE)

    async def _night(self, today: date) -> None:
        for job in _NIGHT:
            done = Slice(next=None)
            while True:
                done = await self.life.run(partial(_slice, job, today, done.next))
                self.life.done.update(done.counts)
                if done.next is None:
                    break
        await self._match()

    async def _match(self) -> None:
        while await self.life.run(match_dirty_titles):
            pass

    async def _open_branches(self, today: date) -> Sequence[BranchId]:
        async def ask(tx: Transaction) -> list[BranchId]:
            directory = (await current_settings(tx)).directory
            return [
                branch
                for branch in self.life.town.branches
                if directory.calendar(branch, Service.STAFFED).is_open_on(today)
            ]

        return await self.life.run(ask)


async def run_week(url: str, keyring: Keyring, size: Size, tell: Progress) -> WeekReport:
    """Live a week in the empty database at `url`."""
    started = clocks.perf_counter()
    begins = datetime.combine(FIRST_DAY, time(), UTC)
    clock = TurnedClock(begins - _BEFORE)
    async with open_database(url, connections=_CONNECTIONS, clock=clock) as database:
        town = await municipality.found(database, keyring, size)
        chance = Random(size.seed)  # noqa: S311 - a made-up week
        life = Life(town=town, size=size, database=database, keyring=keyring, clock=clock, chance=chance)
        clock.now += timedelta(days=1)
        await life.lend_half()
        week = Week(life)
        await week.live(tell)
        fates, unexplained = await life.run(explain)
        broken = await life.run(store.faults)
    return WeekReport(
        size=size,
        seconds=round(clocks.perf_counter() - started, 1),
        placed=life.done["placed"],
        refused=life.done["refused"],
        fates=fates,
        waited=_waited(life, size.days),
        samples=week.samples,
        done=dict(sorted(life.done.items())),
        unexplained=list(unexplained),
        broken=broken,
    )


async def _slice(job: Job, today: date, place: str | None, tx: Transaction) -> Slice:
    return await job.work(tx, today, place)


def _waited(life: Life, days: int) -> list[int]:
    waits = [(life.ready_at[hold] - life.placed_at[hold]).days for hold in life.ready_at if hold in life.placed_at]
    return [waits.count(day) for day in range(days)]
