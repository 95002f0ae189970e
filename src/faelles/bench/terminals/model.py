"""What is measured of SIP2, and what comes of it. Times are in milliseconds."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from faelles.bench.matching.model import MatchingReport
from faelles.bench.model import Report, Spread
from faelles.bench.web_sites.model import SiteReport


class Message(StrEnum):
    """By the two characters it begins with."""

    STATUS = "99"
    ITEM = "17"
    PATRON = "63"
    """Of a patron with twenty loans, all of them listed."""
    CHECKOUT = "11"
    RENEW = "29"
    RETURN = "09"


CONNECTIONS: Final = (1, 8, 64)
CPU_BARS_MS: Final[Mapping[Message, float]] = {
    Message.STATUS: 0.05,
    Message.PATRON: 0.6,
    Message.CHECKOUT: 1.0,
    Message.RETURN: 1.0,
}
"""Server and database together, a message."""
JUDGED_AT: Final = 8
"""The connections at which the bars hold."""
CHECKOUTS_A_SECOND: Final = 1500.0
CHECKOUT_P99_MS: Final = 15.0
KIB_A_CONNECTION: Final = 50.0
IDLE_CONNECTIONS: Final = 5000
RIVALS: Final = 8


class MessageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One message at one number of connections, over all rounds. CPU is a message's. `bar`: of `cpu_ms`."""

    message: Message
    connections: int
    calls: int
    calls_a_second: Spread
    p50_ms: float
    p95_ms: float
    p99_ms: float
    program_cpu_ms: Spread
    database_cpu_ms: Spread
    cpu_ms: Spread
    bar: float | None

    @property
    def is_met(self) -> bool | None:
        return None if self.bar is None else self.cpu_ms.median <= self.bar


class Idle(msgspec.Struct, frozen=True):
    """What so many machines cost the server that have logged in and say nothing."""

    connections: int
    kib_each: float


class Race(msgspec.Struct, frozen=True):
    """`RIVALS` terminals lend one copy to as many patrons at once, again and again. `won_once`: rounds with one yes."""

    rounds: int
    won_once: int


class TerminalReport(msgspec.Struct, frozen=True, kw_only=True):
    messages: list[MessageFigures]
    idle: Idle
    race: Race


class WholeReport(Report, frozen=True, kw_only=True):
    """With what the machines cost, holds, and web sites."""

    terminals: TerminalReport
    matching: MatchingReport
    sites: SiteReport
