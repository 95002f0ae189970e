"""The worker: reads the event log, sends what is due, matches holds with copies, and keeps the night, for every agency.

It keeps nothing in memory that it could not do without: it may be stopped anywhere, and as many may run as one likes.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from faelles.agencies.operations import list_agencies
from faelles.bookings.keeping import READER as BOOKINGS
from faelles.bookings.keeping import fulfil_from_events
from faelles.circulation.holds.following import follow
from faelles.doors.runtime import Runtime
from faelles.doors.worker.registry import JOBS
from faelles.fees.payments.model import Outside
from faelles.fees.rounds import make_round
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import Clock, utc_now
from faelles.ground.database import Database, Transaction
from faelles.ground.errors import UnavailableError
from faelles.ground.events import agencies_with_unread
from faelles.ground.ids import NATION, AgencyId
from faelles.ground.jobs import Home, Job
from faelles.ground.log import logger
from faelles.ground.night import AGENCIES_AT_ONCE, Night, Outcome, RunReport
from faelles.interlibrary.following import READER as INTERLIBRARY
from faelles.interlibrary.following import follow_loans
from faelles.notices.channels.opening import open_channels
from faelles.notices.planning.operations import READER as NOTICES
from faelles.notices.planning.operations import plan_from_events
from faelles.notices.sending.operations import agencies_due
from faelles.notices.sending.sender import Sender
from faelles.patrons.registers.port import person_register
from faelles.patrons.registers.updating import update_from_register
from faelles.people.model import system_caller

_log = logger("doors.worker")

SECONDS_BETWEEN_LOOKS: Final = 1.0
SECONDS_BETWEEN_NIGHTS: Final = 60.0
SECONDS_BETWEEN_ROUNDS: Final = 120.0
_SECONDS_WITHOUT_DATABASE: Final = 5.0

ReadOn = Callable[[Transaction], Awaitable[tuple[int, int]]]
"""Reads some events, and says how many."""
READERS: Final[Mapping[str, ReadOn]] = {
    NOTICES: plan_from_events,
    BOOKINGS: fulfil_from_events,
    INTERLIBRARY: follow_loans,
}
"""Who reads the log of events, each from its own place in it."""

_AGENCIES_AT_A_TIME: Final = 200
_NICENESS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    database: Database
    sender: Sender
    outside: Outside | None = None
    """How the systems outside are reached; None: they are left alone."""
    jobs: Sequence[Job] = JOBS
    clock: Clock = utc_now

    async def follow_events(self) -> None:
        """Do what events call for, wherever there is something unread."""
        agencies = [home.agency for home in await homes(self.database)]
        for reader, read_on in READERS.items():
            for agency in await agencies_with_unread(self.database, reader, agencies):
                await _apart(agency, self._read_to_the_end(agency, read_on))

    async def _read_to_the_end(self, agency: AgencyId, read_on: ReadOn) -> None:
        while (await self.database.run(agency, SYSTEM, read_on))[0]:
            pass

    async def send(self) -> None:
        """Send what is due, wherever something is: while one agency's is handed over, another's is put into words."""
        due = iter(await agencies_due(self.database, self.clock()))

        async def take_turns() -> None:
            for agency in due:
                await self.sender.send_due(agency)

        async with asyncio.TaskGroup() as group:
            for _ in range(AGENCIES_AT_ONCE + 1):
                group.create_task(take_turns())

    async def keep_night(self) -> None:
        """Do what the calendar calls for at this hour."""
        night = Night(database=self.database, jobs=self.jobs, tell=_tell, clock=self.clock)
        await night.run_due(await homes(self.database))

    async def make_rounds(self) -> None:
        """Go by the payment providers, debtor systems and the person register for every agency."""
        if self.outside is not None:
            register = person_register(self.outside.installation)
            for home in await homes(self.database):
                await _apart(home.agency, make_round(self.database, self.outside, home.agency))
                await _apart(
                    home.agency, update_from_register(self.database, self.outside.keyring, register, home.agency)
                )

    async def run(self) -> None:
        """All of it, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_again_and_again(self.follow_events, SECONDS_BETWEEN_LOOKS), name="events")
            group.create_task(_again_and_again(self.send, SECONDS_BETWEEN_LOOKS), name="sender")
            group.create_task(_again_and_again(self.keep_night, SECONDS_BETWEEN_NIGHTS), name="night")
            group.create_task(follow(self.database), name="matcher")
            group.create_task(_again_and_again(self.make_rounds, SECONDS_BETWEEN_ROUNDS), name="rounds")


def let_others_go_first() -> None:
    """This process works when those at a desk leave it time. Not for one that serves a desk itself."""
    os.nice(_NICENESS)


async def homes(database: Database, *, only: AgencyId | None = None) -> list[Home]:
    """Every agency but the nation, or the one."""
    found: list[Home] = []
    after = NATION
    caller = system_caller(NATION)
    while True:
        page = await database.run(
            NATION,
            SYSTEM,
            partial(list_agencies, caller=caller, after=after, limit=_AGENCIES_AT_A_TIME),
            read_only=True,
        )
        if not page:
            return found
        found += [Home(each.id, each.isil, each.time_zone) for each in page if only in (None, each.id)]
        after = page[-1].id


@asynccontextmanager
async def worker_of(runtime: Runtime) -> AsyncIterator[Worker]:
    """A worker with the installation's ways out, open. Raises MisconfiguredError where those cannot work."""
    config = runtime.config
    opened = open_channels(config.channels, config.state_directory, is_production=config.is_production)
    async with opened as channels:
        sender = Sender(
            database=runtime.database, keyring=runtime.keyring, channels=channels, public_url=config.public_url
        )
        outside = Outside(runtime.keyring, config.installation)
        yield Worker(database=runtime.database, sender=sender, outside=outside)


@asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    """The worker at work while the block runs."""
    async with worker_of(runtime) as worker:
        task = asyncio.create_task(worker.run(), name="worker")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _apart(agency: AgencyId, errand: Awaitable[object]) -> None:
    """One agency's trouble, a folder that cannot be read, say, takes nobody else's turn; its own comes again. A
    database that is away is everybody's.
    """
    try:
        await errand
    except Exception as problem:
        if _is_outage(problem):
            raise
        _log.error("work failed", agency=agency, exc_info=problem)


def _is_outage(problem: BaseException) -> bool:
    """Whether it was the database alone, which has said so in the log and comes back by itself."""
    if isinstance(problem, BaseExceptionGroup):
        return all(_is_outage(each) for each in problem.exceptions)
    return isinstance(problem, UnavailableError) and problem.code == "database_unavailable"


async def _again_and_again(look: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        pause = seconds
        try:
            await look()
        except UnavailableError:
            pause = _SECONDS_WITHOUT_DATABASE
        except Exception as problem:  # noqa: BLE001 - whatever it was, there is more to do than this
            if not _is_outage(problem):
                _log.error("work failed", exc_info=problem)
            pause = _SECONDS_WITHOUT_DATABASE
        await asyncio.sleep(pause)


def _tell(report: RunReport) -> None:
    if report.outcome is Outcome.ELSEWHERE:
        return
    say = _log.error if report.outcome is Outcome.FAILED else _log.info
    say(
        "job",
        agency_isil=report.isil,
        job=report.job,
        day=str(report.day),
        outcome=report.outcome,
        seconds=report.seconds,
        counts=dict(report.counts),
        failure=report.failure,
    )
