"""SIP2 in one run: every message at every number of connections, idle connections, and rivals for one copy."""

import asyncio
import resource
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from faelles.bench.country import Country, Errand
from faelles.bench.errors import BenchFailedError
from faelles.bench.model import Round, Size, Tell
from faelles.bench.processes import cpu_ms_between, cpu_readings, family, memory
from faelles.bench.programs import Server
from faelles.bench.summary import percentile, spread
from faelles.bench.terminals.frames import YES, frame, held, with_twenty_loans
from faelles.bench.terminals.lines import Account, Line, converse, lines
from faelles.bench.terminals.model import (
    CONNECTIONS,
    CPU_BARS_MS,
    IDLE_CONNECTIONS,
    JUDGED_AT,
    RIVALS,
    Idle,
    Message,
    MessageFigures,
    Race,
    TerminalReport,
)
from faelles.bench.work import Supply

_AGENCIES: Final = 8
"""The largest: a connection is one agency's, and each must have patrons enough."""
_WARMING_CALLS: Final = 25
_SMALL_RACE: Final = 100
_RACE: Final = 1000
_SPARE_FILES: Final = 1000
_KIB_A_MIB: Final = 1024


@dataclass
class Ration:
    """Errands by agency: a line has use only for its own agency's."""

    make: Callable[[int], Errand]
    next: int
    ready: defaultdict[int, deque[Errand]] = field(default_factory=lambda: defaultdict(deque))

    def take(self, agency: int, count: int) -> list[Errand]:
        mine = self.ready[agency]
        while len(mine) < count:
            errand = self.make(self.next)
            self.next += 1
            self.ready[errand.agency].append(errand)
        return [mine.popleft() for _ in range(count)]


@dataclass
class Terminals:
    """What the measurement works with. `accounts`: of the largest agencies, one each."""

    server: Server
    postmaster: int
    size: Size
    accounts: Sequence[Account]
    free: Ration
    lent: Ration
    readers: Ration
    rounds: dict[tuple[Message, int], list[Round]] = field(default_factory=dict)

    async def one_round(self, connections: int, calls: int, *, counts: bool = True) -> None:
        """Every message once through. What is lent is returned, by the same lines."""
        async with lines(self.server.sip2_port, self.accounts, connections) as opened:
            each = max(1, calls // connections)
            lent = [self.free.take(line.agency, each) for line in opened]
            renewed = [self.lent.take(line.agency, each) for line in opened]
            shown = [self.readers.take(line.agency, each) for line in opened]
            for message, errands in (
                (Message.STATUS, lent),
                (Message.ITEM, renewed),
                (Message.PATRON, shown),
                (Message.CHECKOUT, lent),
                (Message.RENEW, renewed),
                (Message.RETURN, lent),
            ):
                measured = await self._measured(message, opened, errands)
                if counts:
                    self.rounds.setdefault((message, connections), []).append(measured)

    async def _measured(self, message: Message, opened: Sequence[Line], errands: Sequence[Sequence[Errand]]) -> Round:
        now = datetime.now().astimezone()
        frames = [[frame(message, errand, now) for errand in mine] for mine in errands]
        latencies: list[float] = []
        before, served_before = cpu_readings(family(self.postmaster)), cpu_readings([self.server.pid])
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(converse(line, mine, YES[message], latencies))
                for line, mine in zip(opened, frames, strict=True)
            ]
        seconds = asyncio.get_running_loop().time() - began
        spent = cpu_ms_between(before, cpu_readings(family(self.postmaster)))
        served = cpu_ms_between(served_before, cpu_readings([self.server.pid]))
        calls, refused = len(latencies), sum(task.result() for task in tasks)
        if refused:
            raise BenchFailedError("bench_terminal_refused", message=message, refused=refused, calls=calls)
        return Round(
            calls=calls,
            seconds=seconds,
            database_cpu_ms=spent / calls,
            program_cpu_ms=served / calls,
            latencies_ms=latencies,
        )

    async def idle(self, connections: int) -> Idle:
        """What each of so many connections costs the server that says nothing after its login."""
        before = memory("server", [self.server.pid]).proportional_mib
        async with lines(self.server.sip2_port, self.accounts, connections):
            after = memory("server", [self.server.pid]).proportional_mib
        return Idle(connections, round((after - before) * _KIB_A_MIB / connections, 1))

    async def race(self, rounds: int) -> Race:
        """One copy, `RIVALS` terminals of one agency, as many patrons; it is returned after each round."""
        account = self.accounts[0]
        patrons = self.free.take(account.agency, RIVALS)
        item = patrons[0].item
        won_once = 0
        async with lines(self.server.sip2_port, [account], RIVALS) as opened:
            for number in range(rounds):
                # Another moment each round: the same patron, copy and moment again would be the same check-out.
                now = datetime.now().astimezone() - timedelta(seconds=rounds - number)
                wishes = [
                    frame(Message.CHECKOUT, Errand(each.number, each.agency, each.card, item, each.branch), now)
                    for each in patrons
                ]
                answers = await asyncio.gather(*(line.ask(wish) for line, wish in zip(opened, wishes, strict=True)))
                won_once += sum(answer.startswith(YES[Message.CHECKOUT]) for answer in answers) == 1
                await opened[0].ask(frame(Message.RETURN, patrons[0], now))
        return Race(rounds, won_once)


def largest(accounts: Sequence[Account], country: Country) -> list[Account]:
    """The accounts of the largest agencies."""
    ends = [*country.first_patrons[1:], country.patrons + 1]
    sizes = {
        agency: end - first for agency, first, end in zip(country.agencies, country.first_patrons, ends, strict=True)
    }
    return sorted(accounts, key=lambda account: -sizes[account.agency])[:_AGENCIES]


async def measure(
    server: Server, postmaster: int, size: Size, supply: Supply, accounts: Sequence[Account], tell: Tell
) -> TerminalReport:
    """Everything once through, on errands that nobody has used yet."""
    country = supply.country
    terminals = Terminals(
        server,
        postmaster,
        size,
        largest(accounts, country),
        free=Ration(country.free, supply.next_free),
        lent=Ration(lambda number: held(country, number), supply.next_lent),
        readers=Ration(lambda number: with_twenty_loans(country, number), 0),
    )
    tell("bench_terminals_warming", 0, 0)
    await terminals.one_round(_AGENCIES, _AGENCIES * _WARMING_CALLS, counts=False)
    steps = [connections for _ in range(size.rounds) for connections in CONNECTIONS]
    for step, connections in enumerate(steps):
        tell("bench_terminals_measuring", step, len(steps))
        await terminals.one_round(connections, size.measured)
    tell("bench_terminals_racing", 0, 0)
    race = await terminals.race(_RACE if size.rounds > 1 else _SMALL_RACE)
    tell("bench_terminals_idling", 0, 0)
    idle = await terminals.idle(_connections_there_may_be())
    supply.next_free, supply.next_lent = terminals.free.next, terminals.lent.next
    return TerminalReport(messages=list(figures(terminals)), idle=idle, race=race)


def _connections_there_may_be() -> int:
    """As many as are wanted, or as this process may open."""
    _, highest = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest, highest))
    return min(IDLE_CONNECTIONS, highest - _SPARE_FILES)


def figures(terminals: Terminals) -> Iterator[MessageFigures]:
    """From rounds to figures, in the order they were measured in."""
    for (message, connections), measured in terminals.rounds.items():
        latencies = sorted(latency for each in measured for latency in each.latencies_ms)
        yield MessageFigures(
            message=message,
            connections=connections,
            calls=sum(each.calls for each in measured),
            calls_a_second=spread([each.calls / each.seconds for each in measured], digits=0),
            p50_ms=round(percentile(latencies, 50), 2),
            p95_ms=round(percentile(latencies, 95), 2),
            p99_ms=round(percentile(latencies, 99), 2),
            program_cpu_ms=spread([each.program_cpu_ms for each in measured]),
            database_cpu_ms=spread([each.database_cpu_ms for each in measured]),
            cpu_ms=spread([each.cpu_ms for each in measured]),
            bar=CPU_BARS_MS.get(message) if connections == JUDGED_AT else None,
        )
