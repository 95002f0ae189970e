"""What is measured of holds, and what comes of it. CPU is in ms a call, the program's and the database's together."""

from typing import Final

import msgspec

QUEUES: Final = (1, 100, 2_000)
"""How many wait for a title whose copy is checked in."""
RETURNS: Final = 60
"""Of each kind, and placings."""
MOST_TIMES_A_PLAIN_RETURN: Final = 1.5


class HoldCost(msgspec.Struct, frozen=True):
    """`queue` 0: nobody waits. `times_plain` is over a check-in for which nobody waits."""

    queue: int
    calls: int
    cpu_ms: float
    times_plain: float

    @property
    def is_met(self) -> bool | None:
        return None if self.queue == 0 else self.times_plain <= MOST_TIMES_A_PLAIN_RETURN


class MatchingReport(msgspec.Struct, frozen=True, kw_only=True):
    """`seconds` are the clock's, `cpu_seconds` of the program and the database together; `alone_seconds` are CPU of the
    pure function over as many made-up titles.
    """

    placing_cpu_ms: float
    returns: list[HoldCost]
    titles: int
    seconds: float
    cpu_seconds: float
    alone_seconds: float
