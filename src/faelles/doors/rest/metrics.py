"""What an operator watches: how many, how fast, how they end. Labels are route templates and codes, never an id."""

from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from faelles.ground.database import Database

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's counts, in a registry that the process's other doors may share."""

    def __init__(self, database: Database, registry: CollectorRegistry | None = None) -> None:
        self._registry = registry or CollectorRegistry()
        self._durations = Histogram(
            "faelles_http_request_seconds",
            "Time to answer, by route, method and status.",
            ("route", "method", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._problems = Counter(
            "faelles_http_problems", "Answers that said no, by code.", ("code",), registry=self._registry
        )
        self._observers: dict[tuple[str, str, int], Histogram] = {}
        connections = Gauge("faelles_database_connections", "Connections in the pool.", registry=self._registry)
        connections.set_function(lambda: database.size()[0])
        idle = Gauge("faelles_database_connections_idle", "Idle connections in the pool.", registry=self._registry)
        idle.set_function(lambda: database.size()[1])

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status)
        observer = self._observers.get(key)
        if observer is None:
            observer = self._observers[key] = self._durations.labels(route, method, str(status))
        observer.observe(seconds)

    def refused(self, code: str) -> None:
        self._problems.labels(code).inc()

    def watch_work(self, in_work: Callable[[], int]) -> None:
        """Ask `in_work` for the number of requests in work whenever somebody looks."""
        gauge = Gauge("faelles_http_requests_in_work", "Requests in work.", registry=self._registry)
        gauge.set_function(in_work)

    def exposition(self) -> bytes:
        """All of it, in the Prometheus text format."""
        return generate_latest(self._registry)
