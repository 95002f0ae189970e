"""What is measured of web sites, and what comes of it. Times are in milliseconds."""

from enum import StrEnum
from typing import Final

import msgspec

from faelles.bench.model import Spread


class Ask(StrEnum):
    AVAILABILITY = "availability"
    """Of ten titles."""
    HOLDINGS = "holdings"
    """Of a title with sixty copies."""
    LOANS = "loans"
    """Of somebody with twenty."""
    RESERVATIONS = "reservations"
    FEES = "fees"


CALLERS: Final = 8
MOST_TIMES_YARDSTICK: Final = 3.0
BURST_A_SECOND: Final = 400
BURST_SECONDS: Final = 10.0
BURST_P99_MS: Final = 100.0


class AskFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One call over all rounds. CPU is a call's, of server and database; `ratio`: over the yardstick's in the round."""

    ask: Ask
    calls: int
    calls_a_second: Spread
    p50_ms: float
    p99_ms: float
    program_cpu_ms: Spread
    database_cpu_ms: Spread
    cpu_ms: Spread
    yardstick_cpu_ms: Spread
    ratio: Spread

    @property
    def is_met(self) -> bool:
        return self.ratio.median <= MOST_TIMES_YARDSTICK


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """All of them mixed, sent by the clock whether or not the last was answered; a wait is from when it was due."""

    asked_a_second: int
    answered_a_second: float
    calls: int
    p50_ms: float
    p99_ms: float
    refused: int

    @property
    def is_met(self) -> bool:
        return self.refused == 0 and self.p99_ms < BURST_P99_MS


class SiteReport(msgspec.Struct, frozen=True, kw_only=True):
    asks: list[AskFigures]
    burst: Burst
