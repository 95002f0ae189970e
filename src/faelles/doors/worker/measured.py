"""A process of its own that keeps the night, as `faelles work` does, and tells what each step of it cost.

    python -m faelles.doors.worker.measured

It reads orders from its standard input, one JSON object a line, and answers each with a line. The first says where the
database is, each that follows names a job of the night or a part (faelles/bench/night/model.py). What is sent goes
nowhere: a mail server's work is not ours.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from faelles.bench.caller import Address
from faelles.bench.night.model import Kept, Order, Part
from faelles.circulation.holds.following import match_everywhere
from faelles.doors.worker.registry import JOBS
from faelles.doors.worker.working import Worker, homes, let_others_go_first
from faelles.ground.collector import spare_what_stays
from faelles.ground.config import read_config
from faelles.ground.database import Database
from faelles.ground.database.pool import open_database
from faelles.ground.log import logger
from faelles.ground.night import Night, Outcome
from faelles.notices.channels.port import Delivery, Envelope, Verdict
from faelles.notices.model import ChannelName
from faelles.notices.sending.sender import Sender

_log = logger("worker.measured")

_MIB: Final = 1024 * 1024


class Nowhere:
    """A way out that takes everything at once."""

    is_built_in = True
    at_once = 4

    def __init__(self, name: ChannelName) -> None:
        self.name = name

    async def deliver(self, envelope: Envelope) -> Delivery:
        return Delivery(Verdict.ACCEPTED, reference=envelope.key)

    async def close(self) -> None:
        return


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve())


async def _serve() -> None:
    address = msgspec.json.decode(await _line(), type=Address)
    let_others_go_first()
    async with open_database(address.url, connections=address.connections) as database:
        channels = {name: Nowhere(name) for name in ChannelName}
        sender = Sender(database=database, keyring=read_config().keyring, channels=channels)
        worker = Worker(database=database, sender=sender)
        spare_what_stays()
        _tell({"ready": os.getpid()})
        while line := await _line():
            _tell(await _carry_out(worker, msgspec.json.decode(line, type=Order)))


async def _carry_out(worker: Worker, order: Order) -> Kept:
    start, cpu = time.perf_counter(), time.process_time()
    try:
        done = await _keep(worker, order)
    except Exception as problem:  # noqa: BLE001 - what was measured before counts all the same
        _log.error("step failed", step=order.name, exc_info=problem)
        done = {"failed": 1}
    return Kept(
        seconds=round(time.perf_counter() - start, 3),
        cpu_ms=(time.process_time() - cpu) * 1000,
        done=dict(done),
        resident_mib=_resident_mib(),
    )


async def _keep(worker: Worker, order: Order) -> Mapping[str, int]:
    match order.name:
        case Part.EVENTS:
            await worker.follow_events()
            return {}
        case Part.MATCHING:
            return {"marks": await match_everywhere(worker.database)}
        case Part.SENDING:
            await worker.send()
            return {}
        case _:
            return await _job(worker.database, order)


async def _job(database: Database, order: Order) -> Mapping[str, int]:
    night = Night(database=database, jobs=[job for job in JOBS if job.name == order.name])
    reports = await night.run_day(await homes(database), order.day)
    total: Counter[str] = Counter(failed=sum(report.outcome is Outcome.FAILED for report in reports))
    for report in reports:
        total.update(report.counts)
    return {name: number for name, number in total.items() if number}


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * 4096 / _MIB, 1)


async def _line() -> bytes:
    return await asyncio.to_thread(sys.stdin.buffer.readline)


def _tell(answer: object) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
