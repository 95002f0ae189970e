"""What an operator watches of the machines: how many, how fast, how it ends. No label names a machine or an agency.

A status message costs some 50 µs in all, so that a message is counted with two additions, and what Prometheus wants to
see is put together when it asks.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from faelles.doors.sip2.outcome import kind_of

_SECONDS: Final = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class _Durations:
    """How many took how long: a number for each bound of _SECONDS, one for what took longer, and the sum."""

    __slots__ = ("numbers", "sum")

    def __init__(self) -> None:
        self.numbers = [0] * (len(_SECONDS) + 1)
        self.sum = 0.0

    def note(self, seconds: float) -> None:
        self.numbers[bisect_left(_SECONDS, seconds)] += 1
        self.sum += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """As Prometheus has them: each with all that is below it."""
        bounds = [*map(str, _SECONDS), "+Inf"]
        return list(zip(bounds, map(float, accumulate(self.numbers)), strict=True))


class Sip2Metrics(Collector):
    """One process's counts, shown by the registry it is given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connections = self.signed_in = 0
        self._refusals: Counter[str] = Counter()
        self._kinds: dict[tuple[str, str], _Durations] = {}
        self._heads: dict[bytes, _Durations] = {}
        registry.register(self)

    def exchanged(self, head: bytes, seconds: float) -> None:
        """A message was answered, or not. `head`: as `kind_of` takes it."""
        durations = self._heads.get(head)
        if durations is None:
            durations = self._new_head(head)
        durations.note(seconds)

    def _new_head(self, head: bytes) -> _Durations:
        kind = kind_of(head)
        durations = self._kinds.setdefault(kind, _Durations())
        if kind.is_known:
            self._heads[head] = durations
        return durations

    def refused(self, reason: str) -> None:
        self._refusals[reason] += 1

    def collect(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "faelles_sip2_message_seconds",
            "Time from a whole message to its answer, by the request's code and how it ended.",
            labels=("message", "outcome"),
        )
        for kind, found in sorted(self._kinds.items()):
            durations.add_metric(kind, found.buckets(), found.sum)
        yield durations
        refusals = CounterMetricFamily(
            "faelles_sip2_refusals", "What was not answered as asked, by reason.", labels=("reason",)
        )
        for reason, number in sorted(self._refusals.items()):
            refusals.add_metric((reason,), number)
        yield refusals
        yield GaugeMetricFamily("faelles_sip2_connections", "Open connections.", value=self.connections)
        yield GaugeMetricFamily(
            "faelles_sip2_signed_in", "Connections of machines that signed in.", value=self.signed_in
        )
