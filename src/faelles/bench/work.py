"""One run's work: each case called or served, and what it cost."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from faelles.bench.caller import librarian
from faelles.bench.country import STRIDE, Country, Errand
from faelles.bench.errors import BenchFailedError
from faelles.bench.model import Round, Size, Subject, Verb
from faelles.bench.processes import cpu_ms_between, cpu_readings, family
from faelles.bench.programs import CONNECTIONS, Caller, Server
from faelles.bench.summary import Case
from faelles.bench.visitor import prepared, visit
from faelles.bench.yardstick import Yardstick
from faelles.ground.clock import utc_now
from faelles.ground.crypto import Keyring
from faelles.people.access_tokens import issue_access_token
from faelles.people.model import KnownCaller
from faelles.people.rules import ACCESS_TOKEN_LENGTH

_WARMING_CALLS = 200


@dataclass
class Supply:
    """Pairs and loans nobody has used yet in this run."""

    country: Country
    next_free: int = 0
    next_lent: int = 0

    def free(self, count: int) -> list[Errand]:
        numbers = range(self.next_free, self.next_free + count)
        self.next_free += count
        return [self.country.free(number) for number in numbers]

    def lent(self, count: int) -> list[Errand]:
        numbers = range(self.next_lent, self.next_lent + count)
        self.next_lent += count
        return [self.country.lent(number) for number in numbers]

    def one_everywhere(self, copy: int) -> list[Errand]:
        """A lent copy in every agency: the second or third of its first patron, which `lent` comes to last."""
        patrons = self.country.patrons
        unstride = pow(STRIDE, -1, patrons)
        return [
            self.country.lent(copy * patrons + (first - 1) * unstride % patrons) for first in self.country.first_patrons
        ]


@dataclass
class Bench:
    """What one run works with, and what it has found so far."""

    size: Size
    keyring: Keyring
    supply: Supply
    yardstick: Yardstick
    caller: Caller
    server: Server
    rounds: dict[Case, list[Round]] = field(default_factory=dict)

    @property
    def postmaster(self) -> int:
        return self.yardstick.postmaster

    async def warm_up(self) -> None:
        """Every agency's settings compiled, every connection open, every statement planned."""
        await self.operate(Verb.RENEW, CONNECTIONS, self.supply.one_everywhere(1))
        await self.serve(Verb.RENEW, CONNECTIONS, self.supply.one_everywhere(2))
        for perform in (self.operate, self.serve):
            errands = self.supply.free(_WARMING_CALLS)
            await perform(Verb.CHECKOUT, CONNECTIONS, errands)
            await perform(Verb.RETURN, CONNECTIONS, errands)
        await self.operate(Verb.RENEW, CONNECTIONS, self.supply.lent(_WARMING_CALLS))

    async def one_round(self, callers: int) -> None:
        """The yardstick, then ours, at one number of callers. More than the pool has only wait for it."""
        if callers <= CONNECTIONS:
            await self._measure_yardstick(callers)
        errands = self.supply.free(self.size.measured)
        self._note(Subject.OPERATION, Verb.CHECKOUT, callers, await self.operate(Verb.CHECKOUT, callers, errands))
        lent = self.supply.lent(self.size.measured)
        self._note(Subject.OPERATION, Verb.RENEW, callers, await self.operate(Verb.RENEW, callers, lent))
        self._note(Subject.OPERATION, Verb.RETURN, callers, await self.operate(Verb.RETURN, callers, errands))
        errands = self.supply.free(self.size.measured)
        self._note(Subject.REST, Verb.CHECKOUT, callers, await self.serve(Verb.CHECKOUT, callers, errands))
        self._note(Subject.REST, Verb.RETURN, callers, await self.serve(Verb.RETURN, callers, errands))

    async def _measure_yardstick(self, callers: int) -> None:
        measured, self.supply.next_free = await self.yardstick.measure(
            callers=callers, seconds=self.size.yardstick_seconds, first=self.supply.next_free
        )
        self._note(Subject.YARDSTICK, Verb.CHECKOUT, callers, measured)

    async def operate(self, verb: Verb, callers: int, errands: Sequence[Errand]) -> Round:
        before = cpu_readings(family(self.postmaster))
        done = await self.caller.order(verb, callers, errands)
        spent = cpu_ms_between(before, cpu_readings(family(self.postmaster)))
        return _round(done.seconds, spent, done.cpu_ms, done.latencies_ms, done.refused)

    async def serve(self, verb: Verb, callers: int, errands: Sequence[Errand]) -> Round:
        requests = prepared(verb, errands, self._tokens(), f"{self.server.pid}-{verb}")
        before, served_before = cpu_readings(family(self.postmaster)), cpu_readings([self.server.pid])
        began = asyncio.get_running_loop().time()
        latencies, refused = await visit(self.server.port, requests, callers)
        seconds = asyncio.get_running_loop().time() - began
        spent = cpu_ms_between(before, cpu_readings(family(self.postmaster)))
        served = cpu_ms_between(served_before, cpu_readings([self.server.pid]))
        return _round(seconds, spent, served, latencies, refused)

    def _tokens(self) -> dict[int, str]:
        """A signed access token for each agency; they are good for five minutes, so each case has its own."""
        now = utc_now()
        return {
            agency: issue_access_token(
                self.keyring, KnownCaller(librarian(agency), now, now + ACCESS_TOKEN_LENGTH), now
            ).secret
            for agency in self.supply.country.agencies
        }

    def _note(self, subject: Subject, verb: Verb, callers: int, measured: Round) -> None:
        if measured.refused:
            raise BenchFailedError(
                "bench_refused", subject=subject, verb=verb, refused=measured.refused, calls=measured.calls
            )
        self.rounds.setdefault(Case(subject, verb, callers), []).append(measured)


def _round(seconds: float, database_ms: float, program_ms: float, latencies: list[float], refused: int) -> Round:
    calls = len(latencies)
    return Round(
        calls=calls,
        seconds=seconds,
        database_cpu_ms=database_ms / calls,
        program_cpu_ms=program_ms / calls,
        latencies_ms=latencies,
        refused=refused,
    )
