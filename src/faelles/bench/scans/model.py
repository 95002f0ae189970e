"""What is measured of the scan field, and what comes of it. Times are in milliseconds."""

from typing import Final

import msgspec

SCANS_A_SECOND: Final = 200
P99_MS: Final = 100.0
DESKS: Final = 64
"""Each with a session of its own, scanning one thing after the other."""


class ScanFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Every scan is due at its time, and what it waits for a desk that is not done yet counts with the rest."""

    scans: int
    scans_a_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    program_cpu_ms: float
    database_cpu_ms: float
    load: float

    @property
    def is_met(self) -> bool:
        return self.p99_ms <= P99_MS
