"""What is measured of a night, and what comes of it. Times are in seconds, CPU in ms, memory in MiB."""

from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

PATRONS: Final = 4_200_000
"""With five million open loans, 300,000 of them overdue, and 100,000 holds."""
SMALL_SHARE: Final = 0.005
SMALLEST_JUDGED: Final = 0.1
DESK_A_SECOND: Final = 40
LONGEST_SECONDS: Final = 20 * 60
DESK_P99_MS: Final = 100.0
NOTICE_CPU_MS: Final = 1.0


class Part(StrEnum):
    """What comes after the jobs: events are followed, titles matched, messages sent."""

    EVENTS = "events"
    MATCHING = "matching"
    SENDING = "sending"


class Order(msgspec.Struct, frozen=True):
    """What the keeper is to do: a job, or a part."""

    name: str
    day: date


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The keeper's answer: `cpu_ms` is its own process's."""

    seconds: float
    cpu_ms: float
    done: dict[str, int]
    resident_mib: float


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One job in every agency, or one part. `resident_mib`: what the keeper's process held when it ended."""

    name: str
    seconds: float
    program_cpu_ms: float
    database_cpu_ms: float
    done: dict[str, int]
    resident_mib: float

    @property
    def cpu_ms(self) -> float:
        return self.program_cpu_ms + self.database_cpu_ms


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Check-outs and returns over REST meanwhile. Each is timed from the moment it was due, not from when it went."""

    calls: int
    refused: int
    a_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    longest_ms: float

    @property
    def is_met(self) -> bool:
        return self.p99_ms < DESK_P99_MS


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    agencies: int
    patrons: int
    open_loans: int
    overdue: int
    holds: int


class NightReport(msgspec.Struct, frozen=True, kw_only=True):
    measured_at: str
    share: float
    """Of the whole country."""
    extent: Extent
    steps: list[Step]
    notices: int
    """That were put into words and recorded as sent."""
    messages: int
    desk: Desk
    load_before: float
    load_after: float

    @property
    def seconds(self) -> float:
        return sum(each.seconds for each in self.steps)

    @property
    def bar_seconds(self) -> float | None:
        """A tenth of the country has a tenth of the time. What is smaller is mostly the hundred agencies' own cost."""
        return LONGEST_SECONDS * self.share if self.share >= SMALLEST_JUDGED else None

    @property
    def notice_cpu_ms(self) -> float:
        """What it costs to select, render and record a notice, program and database together."""
        spent = sum(each.cpu_ms for each in self.steps if each.name in {"plan_due_notices", Part.SENDING})
        return spent / self.notices if self.notices else 0.0
