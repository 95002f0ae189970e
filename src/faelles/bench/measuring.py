"""One run: every case in every round, the yardstick beside them, and what all of it amounts to."""

import os
import platform
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Final

from faelles.bench import store
from faelles.bench.data_set import provide
from faelles.bench.matching.measuring import measure_holds
from faelles.bench.matching.model import MatchingReport
from faelles.bench.model import CALLERS, Counted, Machine, Memory, Size, Subject, Tell, Verb
from faelles.bench.processes import family, memory, processor
from faelles.bench.programs import caller, server
from faelles.bench.relay import Relay, relay
from faelles.bench.scans.measuring import measure_scans
from faelles.bench.scans.model import ScanFigures
from faelles.bench.stage import Stage, connection
from faelles.bench.summary import figures
from faelles.bench.terminals.accounts import open_accounts
from faelles.bench.terminals.measuring import measure
from faelles.bench.terminals.model import TerminalReport, WholeReport
from faelles.bench.web_sites.measuring import measure_sites, open_site
from faelles.bench.web_sites.model import SiteReport
from faelles.bench.work import Bench, Supply
from faelles.bench.yardstick import Yardstick
from faelles.ground.config import Config
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.database.logins import LOGIN, create_login
from faelles.ground.database.pool import open_database

_SERVER_SETTINGS: Final = {
    "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "none",
    # What the database does by itself in between would be counted to whoever happens to run.
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "16GB",
}
_COUNTED_CALLS: Final = 50
_MIB: Final = 1024 * 1024


@asynccontextmanager
async def _set_up(config: Config, size: Size, tell: Tell, *, fresh: bool) -> AsyncIterator[tuple[Stage, Supply]]:
    with EmbeddedCluster(config.state_directory / "bench").start(settings=_SERVER_SETTINGS) as cluster:
        country = await provide(cluster, config.keyring, size.patrons, tell, fresh=fresh)
        password = await create_login(cluster.owner_url, cluster.password)
        yield Stage(cluster, store.RUN, password, config), Supply(country)


async def run(config: Config, size: Size, tell: Tell, *, fresh: bool) -> WholeReport:
    """Measure everything once through. Raises BenchFailedError, and what the embedded server raises."""
    async with _set_up(config, size, tell, fresh=fresh) as (stage, supply):
        return await _report(stage, supply, size, tell)


async def run_sites(config: Config, size: Size, tell: Tell, *, fresh: bool) -> SiteReport:
    """What web sites ask alone. Raises as `run` does."""
    async with _set_up(config, size, tell, fresh=fresh) as (stage, supply):
        return await _measure_sites(stage, supply, size, tell)


async def run_scans(config: Config, size: Size, tell: Tell, *, fresh: bool) -> ScanFigures:
    """The desk's scan field alone. Raises as `run` does."""
    async with _set_up(config, size, tell, fresh=fresh) as (stage, supply), stage.server() as serving:
        return await measure_scans(serving, config.keyring, stage.postmaster, supply, size, tell)


async def _report(stage: Stage, supply: Supply, size: Size, tell: Tell) -> WholeReport:
    load_before = os.getloadavg()[0]
    bench, used = await _measure(stage, supply, size, tell)
    terminals = await _measure_terminals(stage, supply, size, tell)
    async with connection(stage.cluster, store.RUN) as owner:
        # Before anybody waits for anything: a loan that collects a hold sends more.
        counted = await _count(stage, supply, size, owner, tell)
        matching = await _measure_matching(stage, supply, size, tell)
        # Last: what its patrons wait for would stand in the queues.
        sites = await _measure_sites(stage, supply, size, tell)
        load_after = os.getloadavg()[0]
        return WholeReport(
            measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            size=size.name,
            agencies=len(supply.country.agencies),
            patrons=size.patrons,
            items=size.items,
            open_loans=await store.open_loans(owner),
            rounds=size.rounds,
            machine=_machine(await store.version(owner), load_before, load_after),
            cases=figures(bench.rounds),
            counted=counted,
            memory=used,
            terminals=terminals,
            matching=matching,
            sites=sites,
        )


def _yardstick(stage: Stage, supply: Supply) -> Yardstick:
    login = {**stage.cluster.tool_environment(stage.database), "PGUSER": LOGIN, "PGPASSWORD": stage.password}
    return Yardstick(stage.cluster.binaries.program("pgbench"), login, stage.postmaster, supply.country)


async def _bench(stage: Stage, started: AsyncExitStack, supply: Supply, size: Size, url: str) -> Bench:
    """The measured programs, started, on the database at `url`."""
    calling = await started.enter_async_context(caller(url, stage.settings))
    serving = await started.enter_async_context(server(url, stage.owner_url, stage.settings))
    return Bench(size, stage.config.keyring, supply, _yardstick(stage, supply), calling, serving)


async def _measure(stage: Stage, supply: Supply, size: Size, tell: Tell) -> tuple[Bench, list[Memory]]:
    async with AsyncExitStack() as started:
        bench = await _bench(stage, started, supply, size, stage.url)
        tell("bench_warming", 0, 0)
        await bench.warm_up()
        steps = [callers for _ in range(size.rounds) for callers in CALLERS]
        for step, callers in enumerate(steps):
            tell("bench_measuring", step, len(steps))
            await bench.one_round(callers)
        used = [
            memory("server", [bench.server.pid]),
            memory("caller", [bench.caller.pid]),
            memory("database", family(bench.postmaster)),
        ]
    return bench, used


async def _measure_terminals(stage: Stage, supply: Supply, size: Size, tell: Tell) -> TerminalReport:
    """On a server of their own, which has nothing else to do."""
    accounts = await open_accounts(stage.url, supply.country)
    async with stage.server() as serving:
        return await measure(serving, stage.postmaster, size, supply, accounts, tell)


async def _measure_sites(stage: Stage, supply: Supply, size: Size, tell: Tell) -> SiteReport:
    """On a server of its own, with a pool of eight as the others."""
    async with connection(stage.cluster, store.RUN) as owner:
        site = await open_site(owner, stage.url, stage.config.keyring, supply.country)
    async with stage.server() as serving:
        return await measure_sites(site, serving, _yardstick(stage, supply), size, tell)


async def _measure_matching(stage: Stage, supply: Supply, size: Size, tell: Tell) -> MatchingReport:
    async with (
        connection(stage.cluster, store.RUN) as owner,
        open_database(stage.url, connections=1) as database,
    ):
        return await measure_holds(database, owner, stage.config.keyring, stage.postmaster, supply, size.patrons, tell)


async def _count(stage: Stage, supply: Supply, size: Size, owner: store.Connection, tell: Tell) -> list[Counted]:
    """The same calls once more, through the relay and with every statement counted: too slow to be timed."""
    tell("bench_counting", 0, 0)
    async with AsyncExitStack() as started:
        await started.enter_async_context(store.watching(owner))
        counting = await started.enter_async_context(relay(stage.cluster.socket_directory, stage.cluster.port))
        bench = await _bench(stage, started, supply, size, counting.instead(stage.url))
        await bench.warm_up()
        return [
            await _count_calls(bench, owner, counting, subject, verb)
            for subject in (Subject.OPERATION, Subject.REST)
            for verb in Verb
        ]


async def _count_calls(bench: Bench, owner: store.Connection, counting: Relay, subject: Subject, verb: Verb) -> Counted:
    supply = bench.supply
    errands = supply.free(_COUNTED_CALLS) if verb is Verb.CHECKOUT else supply.lent(_COUNTED_CALLS)
    await store.count_from_now(owner)
    before = counting.round_trips
    await (bench.operate if subject is Subject.OPERATION else bench.serve)(verb, 1, errands)
    messages = counting.round_trips - before
    sent, inner = await store.counted(owner)
    return Counted(
        subject=subject,
        verb=verb,
        messages=messages / _COUNTED_CALLS,
        statements=sent / _COUNTED_CALLS,
        inner_statements=inner / _COUNTED_CALLS,
    )


def _machine(postgresql: str, load_before: float, load_after: float) -> Machine:
    return Machine(
        processor=processor(),
        cores=len(os.sched_getaffinity(0)),
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB,
        kernel=platform.release(),
        python=platform.python_version(),
        postgresql=postgresql,
        load_before=round(load_before, 2),
        load_after=round(load_after, 2),
    )
