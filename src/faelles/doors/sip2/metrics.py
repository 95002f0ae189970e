"""What an operator watches of the machines: how many, how fast, how it ends. No label names a machine or an agency."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from faelles.people.terminals.model import TerminalOutcome

_SECONDS: Final = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Sip2Metrics:
    """One process's counts, in the registry that `/metrics` shows."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "faelles_sip2_message_seconds",
            "Time from a whole message to its answer, by the request's code and how it ended.",
            ("message", "outcome"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._refusals = Counter(
            "faelles_sip2_refusals", "What was not answered as asked, by reason.", ("reason",), registry=registry
        )
        self.connections = Gauge("faelles_sip2_connections", "Open connections.", registry=registry)
        self.terminals = Gauge("faelles_sip2_signed_in", "Connections of machines that signed in.", registry=registry)
        self._observers: dict[tuple[str, TerminalOutcome], Histogram] = {}

    def exchanged(self, message: str, outcome: TerminalOutcome, seconds: float) -> None:
        observer = self._observers.get((message, outcome))
        if observer is None:
            observer = self._observers[message, outcome] = self._durations.labels(message, outcome.value)
        observer.observe(seconds)

    def refused(self, reason: str) -> None:
        self._refusals.labels(reason).inc()
