"""What is measured, and what comes of it. Times are in milliseconds, memory in MiB."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

Tell = Callable[[str, int, int], None]
"""Hears what is being done (a message id), how far it is, and how far it is to go (0: nobody knows)."""


class Subject(StrEnum):
    """What does the work."""

    YARDSTICK = "yardstick"
    OPERATION = "operation"
    REST = "rest"


class Verb(StrEnum):
    CHECKOUT = "checkout"
    RENEW = "renew"
    RETURN = "return"


class Size(msgspec.Struct, frozen=True):
    """How much there is, and how much of it is used: `measured` calls a case and round."""

    name: str
    patrons: int
    rounds: int
    measured: int
    yardstick_seconds: float

    @property
    def items(self) -> int:
        return self.patrons * COPIES_A_PATRON


COPIES_A_PATRON: Final = 5
FULL: Final = Size("full", patrons=100_000, rounds=3, measured=1_000, yardstick_seconds=2.0)
SMALL: Final = Size("small", patrons=10_000, rounds=1, measured=400, yardstick_seconds=1.0)

CALLERS: Final = (1, 8, 64)
BARS: Final = {Subject.OPERATION: 2.0, Subject.REST: 3.0}
"""How many times the yardstick's CPU a check-out may cost."""


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One case, measured once. CPU is that of the database's processes and of the one that called or served."""

    calls: int
    seconds: float
    database_cpu_ms: float
    program_cpu_ms: float
    latencies_ms: list[float]
    refused: int = 0

    @property
    def cpu_ms(self) -> float:
        return self.database_cpu_ms + self.program_cpu_ms


class Spread(msgspec.Struct, frozen=True):
    """Over the rounds."""

    median: float
    lowest: float
    highest: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One case over all rounds. `ratio`: its CPU over the yardstick's in the same round."""

    subject: Subject
    verb: Verb
    callers: int
    calls: int
    calls_a_second: Spread
    p50_ms: float
    p95_ms: float
    p99_ms: float
    program_cpu_ms: Spread
    database_cpu_ms: Spread
    cpu_ms: Spread
    ratio: Spread | None
    bar: float | None

    @property
    def is_met(self) -> bool | None:
        return None if self.bar is None or self.ratio is None else self.ratio.median <= self.bar


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """For one call: round trips to the database, statements sent in them, and statements inside functions."""

    subject: Subject
    verb: Verb
    messages: float
    statements: float
    inner_statements: float


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """`proportional` counts shared pages once over all who share them."""

    what: str
    processes: int
    resident_mib: float
    proportional_mib: float


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    processor: str
    cores: int
    memory_mib: int
    kernel: str
    python: str
    postgresql: str
    load_before: float
    load_after: float
    """The machine's load average over the last minute: what else it was doing."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    measured_at: str
    size: str
    agencies: int
    patrons: int
    items: int
    open_loans: int
    rounds: int
    machine: Machine
    cases: list[Figures]
    counted: list[Counted]
    memory: list[Memory]
