"""What processes cost, from Linux's /proc: CPU by the nanosecond, memory by the page."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from faelles.bench.model import Memory

Readings = Mapping[int, int]
"""Nanoseconds of CPU, by process."""

_PROC = Path("/proc")
_KIB_A_MIB = 1024
_NANOSECONDS_A_MS = 1_000_000


def family(parent: int) -> list[int]:
    """The process and its children."""
    return [
        parent,
        *(int(each.name) for each in _PROC.iterdir() if each.name.isdecimal() and _parent_of(each) == parent),
    ]


def cpu_readings(processes: Iterable[int]) -> Readings:
    """The time each of them has been on a core, user and system together."""
    return {process: _nanoseconds(process) for process in processes}


def cpu_ms_between(before: Readings, after: Readings) -> float:
    """What was spent between two readings. Who ended meanwhile is left out; who began meanwhile counts in full."""
    return sum(spent - before.get(process, 0) for process, spent in after.items() if spent) / _NANOSECONDS_A_MS


def memory(what: str, processes: Iterable[int]) -> Memory:
    found = [each for process in processes if (each := _rollup(process))]
    return Memory(
        what=what,
        processes=len(found),
        resident_mib=round(sum(each["Rss"] for each in found) / _KIB_A_MIB, 1),
        proportional_mib=round(sum(each["Pss"] for each in found) / _KIB_A_MIB, 1),
    )


def postmaster(data: Path) -> int:
    """The database server's own process."""
    return int((data / "postmaster.pid").read_text().split("\n", 1)[0])


def processor() -> str:
    lines = (_PROC / "cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), os.uname().machine)


def _parent_of(process: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        # The name in parentheses may hold anything; what follows it does not.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return None


def _nanoseconds(process: int) -> int:
    with suppress(OSError):
        return sum(
            int((thread / "schedstat").read_text().split()[0]) for thread in (_PROC / str(process) / "task").iterdir()
        )
    return 0


def _rollup(process: int) -> dict[str, int] | None:
    with suppress(OSError):
        return dict(_kib((_PROC / str(process) / "smaps_rollup").read_text().splitlines()))
    return None


def _kib(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    for line in lines:
        name, _, rest = line.partition(":")
        if rest.endswith(" kB"):
            yield name, int(rest.split()[0])
