"""One night measured: every job in every agency, what follows from it, and a desk beside all of it."""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from faelles.bench.model import Tell
from faelles.bench.night import store
from faelles.bench.night.data_set import provide
from faelles.bench.night.desk import DeskBeside
from faelles.bench.night.model import PATRONS, Desk, Kept, NightReport, Order, Part, Step
from faelles.bench.processes import Readings, cpu_ms_between, cpu_readings
from faelles.bench.programs import Caller, caller
from faelles.bench.stage import Stage, connection
from faelles.bench.store import Connection
from faelles.ground.config import Config
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.database.logins import create_login

_KEEPER: Final = "faelles.doors.worker.measured"
Hear = Callable[[Step], None]
"""Hears of every step that is over, so that what was measured is known even of a night that is cut short."""

_SERVER_SETTINGS: Final = {"shared_buffers": "2GB", "max_wal_size": "8GB"}
"""As on a machine that serves a country."""


@dataclass(frozen=True, slots=True)
class Evening:
    """The keeper, and whose work for it counts: not that of the desk's connections, which were there before."""

    owner: Connection
    keeper: Caller
    desk_backends: frozenset[int]

    async def readings(self) -> Readings:
        """CPU of the database's processes that work for the keeper."""
        return cpu_readings(await store.backends(self.owner) - self.desk_backends)

    async def step(self, name: str, day: date) -> Step:
        before = await self.readings()
        kept = msgspec.json.decode(await self.keeper.tell(Order(name, day)), type=Kept)
        return Step(
            name=name,
            seconds=kept.seconds,
            program_cpu_ms=round(kept.cpu_ms, 1),
            database_cpu_ms=round(cpu_ms_between(before, await self.readings()), 1),
            done=kept.done,
            resident_mib=kept.resident_mib,
        )


async def run_night(
    config: Config, share: float, jobs: Sequence[str], tell: Tell, hear: Hear, *, fresh: bool
) -> NightReport:
    """Measure one night of `share` of the country: `jobs` by their names, and what follows from them. Raises
    BenchFailedError, and what the embedded server raises.
    """
    with EmbeddedCluster(config.state_directory / "bench").start(settings=_SERVER_SETTINGS) as cluster:
        await provide(cluster, config, round(PATRONS * share), tell, fresh=fresh)
        password = await create_login(cluster.owner_url, cluster.password)
        async with connection(cluster, store.RUN) as owner:
            stage = Stage(cluster, store.RUN, password, config)
            return await _measure(stage, owner, share, [*jobs, *Part], tell, hear)


async def _measure(
    stage: Stage, owner: Connection, share: float, names: Sequence[str], tell: Tell, hear: Hear
) -> NightReport:
    found = await store.extent(owner)
    load_before = os.getloadavg()[0]
    async with AsyncExitStack() as started:
        serving = await started.enter_async_context(stage.server())
        desk = DeskBeside(serving.port, stage.config.keyring, await store.errands(owner))
        await desk.warm_up()
        desk_backends = frozenset(await store.backends(owner))
        keeping = await started.enter_async_context(caller(stage.url, stage.settings, _KEEPER))
        is_over = asyncio.Event()
        working = asyncio.create_task(desk.work(is_over))
        steps = await _steps(Evening(owner, keeping, desk_backends), names, tell, hear)
        is_over.set()
        felt: Desk = await working
    notices, messages = await store.sent(owner)
    return NightReport(
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
        share=share,
        extent=found,
        steps=steps,
        notices=notices,
        messages=messages,
        desk=felt,
        load_before=round(load_before, 2),
        load_after=round(os.getloadavg()[0], 2),
    )


async def _steps(evening: Evening, names: Sequence[str], tell: Tell, hear: Hear) -> list[Step]:
    day = datetime.now(UTC).date()
    steps = []
    for number, name in enumerate(names):
        tell("bench_night_keeping", number, len(names))
        steps.append(await evening.step(name, day))
        hear(steps[-1])
    return steps
