"""The planner of scheduled work: finds what is due in every agency and does it, several agencies at a time.

It may be killed anywhere and started anywhere, also twice at once: whose work it is stands in the database (jobs.py).
The jobs of one agency run one after the other in the order of the registry; one that fails holds up no other.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, TypeVar

import msgspec

from faelles.ground import jobs
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import Clock, local_date, utc_now
from faelles.ground.database.transaction import Database, Transaction
from faelles.ground.errors import FaellesError, UnavailableError, invalid_field
from faelles.ground.fields import is_plausible
from faelles.ground.jobs import Claim, ClaimLostError, Counts, Home, Job
from faelles.ground.log import logger

Answer = TypeVar("Answer")

_log = logger("ground.night")

_MOST_AT_ONCE: Final = 3
"""Beside a pool of eight connections, so that a desk in the same process finds one."""
AGENCIES_AT_ONCE: Final = max(1, min(_MOST_AT_ONCE, len(os.sched_getaffinity(0)) - 1))
"""An agency's work keeps one core busy, program and database in turns. One core is left to the desk."""


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    ELSEWHERE = "elsewhere"
    """Somebody else is at it, it is done, or it failed a moment ago."""
    OUT_OF_TIME = "out_of_time"
    """It goes on where it stopped when it is next asked for."""
    REHEARSED = "rehearsed"


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One job's run for one agency and day, as far as it came here. `counts` are the whole run's."""

    isil: str
    job: str
    day: date
    outcome: Outcome
    counts: Counts
    seconds: float
    failure: str | None = None


Told = Callable[[RunReport], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one planner works with. `budget`: no slice is begun after that time."""

    database: Database
    jobs: Sequence[Job]
    tell: Told = lambda _: None
    """Hears of every run that ends here."""
    budget: timedelta = timedelta(hours=6)
    at_once: int = AGENCIES_AT_ONCE
    clock: Clock = utc_now

    async def run_due(self, homes: Sequence[Home]) -> list[RunReport]:
        """Everything that is due in `homes` at this moment, missed days included."""
        deadline = time.monotonic() + self.budget.total_seconds()

        async def one(home: Home) -> list[RunReport]:
            done = await self.database.run(home.agency, SYSTEM, jobs.days_done, read_only=True)
            now = self.clock()
            return [
                await self._run(home, job, day, deadline)
                for job in self.jobs
                for day in jobs.due_days(job, home, done, now)
            ]

        return await self._side_by_side(homes, one)

    async def run_day(self, homes: Sequence[Home], day: date) -> list[RunReport]:
        """Every job of one day, whatever o'clock it is there; what is finished stays finished. Where the day has not
        begun it is left alone: it would erase what is not due, and be the last night until then.

        Raises InvalidRequestError where it has begun nowhere.
        """
        _check_plausible(day)
        begun = [home for home in homes if day <= local_date(self.clock(), home.zone)]
        if homes and not begun:
            raise invalid_field("date", "night_day_ahead")
        deadline = time.monotonic() + self.budget.total_seconds()

        async def one(home: Home) -> list[RunReport]:
            return [await self._run(home, job, day, deadline) for job in self.jobs]

        return await self._side_by_side(begun, one)

    async def rehearse(self, homes: Sequence[Home], day: date | None = None) -> list[RunReport]:
        """What `run_day` would do if nothing of that day had been done. Changes nothing, so any day will do; without
        one it is the day that it is there.
        """
        if day is not None:
            _check_plausible(day)

        async def one(home: Home) -> list[RunReport]:
            there = day or local_date(self.clock(), home.zone)
            return [await self._rehearse(home, job, there) for job in self.jobs]

        return await self._side_by_side(homes, one)

    async def _side_by_side(
        self, homes: Sequence[Home], work: Callable[[Home], Awaitable[list[RunReport]]]
    ) -> list[RunReport]:
        waiting = iter(homes)
        reports: list[RunReport] = []

        async def take_turns() -> None:
            for home in waiting:
                reports.extend(await work(home))

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.at_once, len(homes))):
                group.create_task(take_turns())
        return sorted(reports, key=lambda report: (report.isil, report.day))

    async def _run(self, home: Home, job: Job, day: date, deadline: float) -> RunReport:
        began = time.monotonic()
        claimed = Claim(job, day, secrets.token_hex(8))
        outcome, counts, failure = await self._work_off(home, claimed, deadline)
        seconds = round(time.monotonic() - began, 3)
        report = RunReport(
            isil=home.isil, job=job.name, day=day, outcome=outcome, counts=counts, seconds=seconds, failure=failure
        )
        self.tell(report)
        return report

    async def _work_off(self, home: Home, claimed: Claim, deadline: float) -> tuple[Outcome, Counts, str | None]:
        counts: Counts = {}
        try:
            if not await self._in(home, partial(jobs.claim, wanted=claimed)):
                return Outcome.ELSEWHERE, counts, None
            while time.monotonic() < deadline:
                done = await self._in(home, partial(jobs.next_slice, claimed=claimed))
                counts = done.counts
                if done.next is None:
                    return Outcome.DONE, counts, None
            await self._in(home, partial(jobs.release, claimed=claimed))
        except ClaimLostError:
            return Outcome.ELSEWHERE, counts, None
        except UnavailableError as problem:
            # The database itself: the lease says when somebody may try again.
            return Outcome.FAILED, counts, problem.code
        except Exception as problem:  # noqa: BLE001 - one agency's broken job must not take the night from all others
            return Outcome.FAILED, counts, await self._failed(home, claimed, problem)
        return Outcome.OUT_OF_TIME, counts, None

    async def _failed(self, home: Home, claimed: Claim, problem: Exception) -> str:
        failure = _told(home, claimed.job, claimed.day, problem)
        await self._in(home, partial(jobs.fail, claimed=claimed, failure=failure))
        return failure

    async def _rehearse(self, home: Home, job: Job, day: date) -> RunReport:
        began = time.monotonic()
        outcome, failure = Outcome.REHEARSED, None
        counts: Counts = {}
        try:
            counts = await self._in(home, partial(jobs.rehearse, job=job, day=day))
        except Exception as problem:  # noqa: BLE001 - what is broken here is what a rehearsal is to tell
            outcome, failure = Outcome.FAILED, _told(home, job, day, problem)
        seconds = round(time.monotonic() - began, 3)
        report = RunReport(
            isil=home.isil, job=job.name, day=day, outcome=outcome, counts=counts, seconds=seconds, failure=failure
        )
        self.tell(report)
        return report

    async def _in(self, home: Home, work: Callable[[Transaction], Awaitable[Answer]]) -> Answer:
        return await self.database.run(home.agency, SYSTEM, work)


def _told(home: Home, job: Job, day: date, problem: Exception) -> str:
    """The code of what went wrong, which is logged with all of it."""
    _log.error("job failed", job=job.name, agency=home.agency, day=str(day), exc_info=problem)
    return problem.code if isinstance(problem, FaellesError) else type(problem).__name__


def _check_plausible(day: date) -> None:
    if not is_plausible(day):
        raise invalid_field("date", "date_out_of_range")
