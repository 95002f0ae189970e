"""Web sites in one run: each call beside its yardstick, and a burst of all of them."""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from faelles.agencies.seeds import agency_seeds
from faelles.bench.country import Country
from faelles.bench.errors import BenchFailedError
from faelles.bench.model import Round, Size, Tell
from faelles.bench.processes import cpu_ms_between, cpu_readings, family
from faelles.bench.programs import Server
from faelles.bench.store import Connection
from faelles.bench.summary import percentile, spread
from faelles.bench.visitor import Line, visit
from faelles.bench.web_sites.asking import Site
from faelles.bench.web_sites.model import (
    BURST_A_SECOND,
    BURST_SECONDS,
    CALLERS,
    Ask,
    AskFigures,
    Burst,
    SiteReport,
)
from faelles.bench.web_sites.store import READERS, furnish
from faelles.bench.yardstick import Yardstick
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database.pool import open_database
from faelles.ground.ids import AgencyId
from faelles.people.machines.model import NewClient
from faelles.people.machines.operations import create_client
from faelles.people.model import EVERY_PERMISSION, system_caller
from faelles.people.sign_in import sign_in_client

_WARMING_CALLS: Final = 200
_LINES: Final = 32
"""Connections that a burst is spread over: as many requests at once as a site's server keeps open."""
_LATE: Final = 30.0
"""Seconds after its end that a burst is waited for."""


async def open_site(owner: Connection, url: str, keyring: Keyring, country: Country) -> Site:
    """The web site of the largest agency, furnished and signed in."""
    seeds = agency_seeds()
    largest = max(range(len(seeds)), key=lambda place: seeds[place].inhabitants)
    agency, first = country.agencies[largest], country.first_patrons[largest]
    last = (*country.first_patrons, country.patrons + 1)[largest + 1]
    readers = min(READERS, (last - first) // 20)
    await furnish(owner, agency, readers)
    async with open_database(url, connections=1) as database:
        new = NewClient(username="bench-site", name="Bench", permissions=EVERY_PERMISSION)
        made = await database.run(
            AgencyId(agency), SYSTEM, lambda tx: create_client(tx, system_caller(AgencyId(agency)), new)
        )
        issued = await sign_in_client(database, keyring, username=made.username, secret=made.secret)
    return Site(agency, seeds[largest].founding.isil, issued.secret, first, readers, country.patrons // 2 - 1)


async def measure_sites(site: Site, server: Server, yardstick: Yardstick, size: Size, tell: Tell) -> SiteReport:
    """Raises BenchFailedError where a call is not answered with a yes."""
    rounds: dict[Ask, list[Round]] = defaultdict(list)
    yardsticks: dict[Ask, list[Round]] = defaultdict(list)
    for ask in Ask:
        await _serve(site, server, yardstick, ask, _WARMING_CALLS)
    steps = [ask for _ in range(size.rounds) for ask in Ask]
    for step, ask in enumerate(steps):
        tell("bench_sites", step, len(steps))
        bare, _ = await yardstick.measure(
            callers=CALLERS, seconds=size.yardstick_seconds, first=0, script=site.script(ask)
        )
        yardsticks[ask].append(bare)
        rounds[ask].append(await _serve(site, server, yardstick, ask, size.measured))
    tell("bench_sites_burst", 0, 0)
    return SiteReport(
        asks=[_figures(ask, rounds[ask], yardsticks[ask]) for ask in Ask],
        burst=await _burst(site, server),
    )


async def _serve(site: Site, server: Server, yardstick: Yardstick, ask: Ask, calls: int) -> Round:
    requests = [site.request(ask, number) for number in range(calls)]
    before, served_before = cpu_readings(family(yardstick.postmaster)), cpu_readings([server.pid])
    began = asyncio.get_running_loop().time()
    latencies, refused = await visit(server.port, requests, CALLERS)
    seconds = asyncio.get_running_loop().time() - began
    spent = cpu_ms_between(before, cpu_readings(family(yardstick.postmaster)))
    served = cpu_ms_between(served_before, cpu_readings([server.pid]))
    if refused:
        raise BenchFailedError("bench_site_refused", ask=ask, refused=refused, calls=calls)
    return Round(
        calls=calls,
        seconds=seconds,
        database_cpu_ms=spent / calls,
        program_cpu_ms=served / calls,
        latencies_ms=latencies,
    )


def _figures(ask: Ask, rounds: Sequence[Round], yardsticks: Sequence[Round]) -> AskFigures:
    latencies = sorted(latency for each in rounds for latency in each.latencies_ms)
    return AskFigures(
        ask=ask,
        calls=len(latencies),
        calls_a_second=spread([each.calls / each.seconds for each in rounds], digits=0),
        p50_ms=round(percentile(latencies, 50), 2),
        p99_ms=round(percentile(latencies, 99), 2),
        program_cpu_ms=spread([each.program_cpu_ms for each in rounds]),
        database_cpu_ms=spread([each.database_cpu_ms for each in rounds]),
        cpu_ms=spread([each.cpu_ms for each in rounds]),
        yardstick_cpu_ms=spread([each.cpu_ms for each in yardsticks]),
        ratio=spread([ours.cpu_ms / bare.cpu_ms for ours, bare in zip(rounds, yardsticks, strict=True)], digits=2),
    )


async def _burst(site: Site, server: Server) -> Burst:
    """Every call is due at its own moment; who has no free line waits, and the wait counts. What is not answered half a
    minute after the end is given up.
    """
    loop = asyncio.get_running_loop()
    asks, calls = list(Ask), int(BURST_A_SECOND * BURST_SECONDS)
    requests = [site.request(asks[number % len(asks)], number) for number in range(calls)]
    free: asyncio.Queue[Line] = asyncio.Queue()
    for line in [await Line.open(server.port) for _ in range(_LINES)]:
        free.put_nowait(line)
    latencies: list[float] = []

    async def one(request: bytes, due: float) -> bool:
        line = await free.get()
        is_good = await line.ask(request)
        latencies.append((loop.time() - due) * 1000)
        free.put_nowait(line)
        return is_good

    # As before the scans: what copying and filling the data set left to be written would keep commits waiting.
    os.sync()
    began = loop.time()
    done, given_up = await asyncio.wait(await _by_the_clock(requests, one), timeout=_LATE)
    seconds = loop.time() - began
    for task in given_up:
        task.cancel()
    while not free.empty():
        free.get_nowait().close()
    ascending = sorted(latencies)
    return Burst(
        asked_a_second=BURST_A_SECOND,
        answered_a_second=round(len(latencies) / seconds, 1),
        calls=calls,
        p50_ms=round(percentile(ascending, 50), 2),
        p99_ms=round(percentile(ascending, 99), 2),
        refused=len(given_up) + sum(not task.result() for task in done),
    )


async def _by_the_clock(
    requests: Sequence[bytes], ask: Callable[[bytes, float], Coroutine[None, None, bool]]
) -> list[asyncio.Task[bool]]:
    """Each is asked when it is due, whether or not those before it have been answered."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    tasks = []
    for number, request in enumerate(requests):
        due = began + number / BURST_A_SECOND
        await asyncio.sleep(due - loop.time())
        tasks.append(asyncio.create_task(ask(request, due)))
    return tasks
