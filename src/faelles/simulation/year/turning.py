"""What turns a day into the next: nights that may be killed anywhere, what follows from events, what is sent."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from faelles.fees.debt.built_in import BuiltInDebtorSystem
from faelles.fees.debt.model import AnswerKind
from faelles.fees.rounds import make_round
from faelles.ground.actor import SYSTEM, Actor
from faelles.ground.clock import Clock
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId
from faelles.ground.jobs import Job
from faelles.ground.night import Night, Outcome
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName
from faelles.notices.planning.operations import plan_from_events
from faelles.notices.sending.sender import Sender
from faelles.simulation.clock import TurnedClock
from faelles.simulation.store import until_readable
from faelles.simulation.year.municipality import Town

Result = TypeVar("Result")

_UNTIL_OTHERS_MAY: Final = timedelta(minutes=6)
"""Longer than any claim of somebody who fell silent is good for."""


class KilledError(BaseException):
    """The end of a process, as far as one can have it inside one: nothing may catch it as an error of its own."""


class MortalDatabase(Database):
    """The same database for somebody who dies after so many transactions, before or after the last one's commit."""

    def __init__(self, database: Database, clock: Clock, lives_for: int) -> None:
        super().__init__(database._pool, clock)  # noqa: SLF001 - another view of the same pool
        self._left = lives_for

    async def run(
        self,
        agency: AgencyId,
        actor: Actor,
        work: Callable[[Transaction], Awaitable[Result]],
        *,
        read_only: bool = False,
    ) -> Result:
        self._left -= 1
        if self._left == 0:
            raise KilledError

        async def and_die(tx: Transaction) -> Result:
            result = await work(tx)
            if self._left == -1:
                raise KilledError
            return result

        return await super().run(agency, actor, and_die, read_only=read_only)


@dataclass
class Postbox:
    """A way out that takes everything, and knows the same message when it comes again."""

    name: ChannelName
    taken: set[str] = field(default_factory=set)
    is_built_in = True
    at_once = 2

    async def deliver(self, envelope: Envelope) -> Delivery:
        self.taken.add(envelope.key)
        return Delivery(Verdict.ACCEPTED, reference=envelope.key)

    async def close(self) -> None:
        return


@dataclass
class Turning:
    """`lives_for`: after how many transactions the planner, the follower and the sender die, again and again; None:
    they live.
    """

    town: Town
    database: Database
    keyring: Keyring
    clock: TurnedClock
    jobs: Sequence[Job]
    lives_for: Callable[[], int | None] = lambda: None
    lives: int = 0
    failures: list[str] = field(default_factory=list)
    postboxes: dict[ChannelName, Postbox] = field(default_factory=lambda: {name: Postbox(name) for name in ChannelName})

    async def night(self) -> None:
        """Whatever is due at this hour, by two planners at once."""
        await self._until_done(self._two_planners)
        await self.follow_events()

    async def follow_events(self) -> None:
        await until_readable(self.database)
        await self._until_done(self._follow)

    async def send(self) -> None:
        await self._until_done(self._send)

    async def debtor_round(self) -> None:
        await make_round(self.database, self.town.outside, self.town.agency)

    def paid_over_there(self, kind: AnswerKind, charge: int, amount: int) -> None:
        """The debtor system has something to say when it is next gone by."""
        BuiltInDebtorSystem(self.town.debtor_memory, self.town.home.isil).receive(kind, charge, amount)

    async def _until_done(self, work: Callable[[Database], Awaitable[bool]]) -> None:
        while True:
            lives_for = self.lives_for()
            mortal = MortalDatabase(self.database, self.clock, lives_for or -2)
            try:
                if await work(mortal):
                    return
            except BaseException as problem:
                if not _is_a_death(problem):
                    raise
                self.lives += 1
            self.clock.now += _UNTIL_OTHERS_MAY

    async def _two_planners(self, database: Database) -> bool:
        """The second comes when the first is done or dead; whether there was nothing left for it."""
        await self._plan(database)
        return not await self._plan(self.database)

    async def _plan(self, database: Database) -> int:
        night = Night(database=database, jobs=self.jobs, clock=self.clock)
        reports = await night.run_due([self.town.home])
        self.failures += [f"{each.job}: {each.failure}" for each in reports if each.outcome is Outcome.FAILED]
        return sum(each.outcome is not Outcome.ELSEWHERE for each in reports)

    async def _follow(self, database: Database) -> bool:
        while (await database.run(self.town.agency, SYSTEM, plan_from_events))[0]:
            pass
        return True

    async def _send(self, database: Database) -> bool:
        sender = Sender(database=database, keyring=self.keyring, channels=self.postboxes)
        await sender.send_due(self.town.agency)
        return True


def _is_a_death(problem: BaseException) -> bool:
    if isinstance(problem, BaseExceptionGroup):
        return all(_is_a_death(each) for each in problem.exceptions)
    return isinstance(problem, KilledError)
