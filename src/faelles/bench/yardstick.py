"""The yardstick: the function of yardstick.sql, called by pgbench."""

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from faelles.bench.country import STRIDE, Country
from faelles.bench.errors import BenchFailedError
from faelles.bench.model import Round
from faelles.bench.processes import cpu_ms_between, cpu_readings, family
from faelles.ground.database.pool import APPLICATION_ROLE

_SETTLING_SECONDS: Final = 0.8
"""Until every backend has connected, read its catalogue and planned: none of it is counted."""
_THREADS: Final = 2
_SESSION: Final = (
    f"-c role={APPLICATION_ROLE} -c search_path=faelles,public -c timezone=UTC -c jit=off"
    " -c plan_cache_mode=force_generic_plan"
)


class Call(msgspec.Struct, frozen=True):
    """One transaction of pgbench's log: when it was done (seconds since 1970) and how long it took."""

    done_at: float
    latency_ms: float
    client: int
    number: int


class Yardstick(msgspec.Struct, frozen=True):
    """`environment` says where the server is and who calls; `postmaster` is the server's process."""

    program: Path
    environment: Mapping[str, str]
    postmaster: int
    country: Country

    async def measure(
        self, *, callers: int, seconds: float, first: int, script: str | None = None
    ) -> tuple[Round, int]:
        """Check-outs by as many connections for so long, from pair `first` on; and the first pair that is left. Or
        whatever `script` does in their place.
        """
        with TemporaryDirectory() as directory:
            (Path(directory) / "script").write_text(script or _script(self.country))
            pgbench = await self._start(Path(directory), callers, seconds + 2 * _SETTLING_SECONDS, first)
            try:
                await asyncio.sleep(_SETTLING_SECONDS)
                start, before = time.time(), cpu_readings(family(self.postmaster))
                await asyncio.sleep(seconds)
                end, after = time.time(), cpu_readings(family(self.postmaster))
            finally:
                _, complaints = await pgbench.communicate()
            if pgbench.returncode != 0:
                raise BenchFailedError("bench_pgbench_failed", explanation=complaints.decode())
            calls = _calls(Path(directory))
        within = [call for call in calls if start < call.done_at <= end]
        return _round(within, end - start, cpu_ms_between(before, after)), first + callers * (
            1 + max(call.number for call in calls)
        )

    async def _start(self, directory: Path, callers: int, seconds: float, first: int) -> asyncio.subprocess.Process:
        numbers = {"first": first, "clients": callers, "step": -1, "stride": STRIDE, "patrons": self.country.patrons}
        return await asyncio.create_subprocess_exec(
            self.program,
            *("--no-vacuum", "--protocol=prepared", "--log", f"--log-prefix={directory / 'log'}"),
            *(f"--client={callers}", f"--jobs={min(callers, _THREADS)}", f"--time={round(seconds)}"),
            *(f"--define={name}={value}" for name, value in numbers.items()),
            f"--file={directory / 'script'}",
            env={"PATH": os.environ.get("PATH", ""), **self.environment, "PGOPTIONS": _SESSION},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )


def _round(calls: Sequence[Call], seconds: float, database_ms: float) -> Round:
    return Round(
        calls=len(calls),
        seconds=seconds,
        database_cpu_ms=database_ms / len(calls),
        program_cpu_ms=0.0,
        latencies_ms=[call.latency_ms for call in calls],
    )


def _script(country: Country) -> str:
    text = (resources.files("faelles.bench") / "yardstick.pgbench").read_text(encoding="utf-8")
    return text.format(agency=_choice(country.agencies, country.first_patrons))


def _choice(agencies: Sequence[int], first_patrons: Sequence[int]) -> str:
    """The agency of a patron, as pgbench can tell it: halved again and again."""
    if len(agencies) == 1:
        return str(agencies[0])
    half = len(agencies) // 2
    lower, upper = _choice(agencies[:half], first_patrons[:half]), _choice(agencies[half:], first_patrons[half:])
    return f"case when :patron < {first_patrons[half]} then {lower} else {upper} end"


def _calls(directory: Path) -> list[Call]:
    """From its logs, a line a call: client, number, microseconds, script, and when in seconds and microseconds."""
    found = []
    for line in (line for log in directory.glob("log.*") for line in log.read_text().splitlines()):
        client, number, latency, _, second, microsecond = line.split()[:6]
        done_at = int(second) + int(microsecond) / 1e6
        found.append(Call(done_at, int(latency) / 1000, int(client), int(number)))
    return found
