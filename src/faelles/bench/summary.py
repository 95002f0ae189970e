"""From rounds to figures. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from faelles.bench.model import BARS, Figures, Round, Spread, Subject, Verb


@dataclass(frozen=True, slots=True)
class Case:
    subject: Subject
    verb: Verb
    callers: int


def figures(rounds: Mapping[Case, Sequence[Round]]) -> list[Figures]:
    """One line a case, in the order they were measured in."""
    return [_figures(case, measured, _yardstick(case, rounds)) for case, measured in rounds.items()]


def _yardstick(case: Case, rounds: Mapping[Case, Sequence[Round]]) -> Sequence[Round]:
    """The yardstick with as many callers; where there were more than it was measured with, with the most."""
    known = [each.callers for each in rounds if each.subject is Subject.YARDSTICK]
    return rounds[Case(Subject.YARDSTICK, Verb.CHECKOUT, min(case.callers, max(known)))]


def _figures(case: Case, measured: Sequence[Round], yardstick: Sequence[Round]) -> Figures:
    latencies = sorted(latency for each in measured for latency in each.latencies_ms)
    ratios = [ours.cpu_ms / theirs.cpu_ms for ours, theirs in zip(measured, yardstick, strict=True)]
    return Figures(
        subject=case.subject,
        verb=case.verb,
        callers=case.callers,
        calls=sum(each.calls for each in measured),
        calls_a_second=spread([each.calls / each.seconds for each in measured], digits=0),
        p50_ms=round(percentile(latencies, 50), 2),
        p95_ms=round(percentile(latencies, 95), 2),
        p99_ms=round(percentile(latencies, 99), 2),
        program_cpu_ms=spread([each.program_cpu_ms for each in measured]),
        database_cpu_ms=spread([each.database_cpu_ms for each in measured]),
        cpu_ms=spread([each.cpu_ms for each in measured]),
        ratio=None if case.subject is Subject.YARDSTICK else spread(ratios, digits=2),
        bar=BARS.get(case.subject) if case.verb is Verb.CHECKOUT else None,
    )


def spread(values: Sequence[float], digits: int = 3) -> Spread:
    return Spread(*(round(value, digits) for value in (median(values), min(values), max(values))))


def percentile(ascending: Sequence[float], percent: int) -> float:
    """The value that `percent` of all do not exceed."""
    return ascending[max(0, -(-len(ascending) * percent // 100) - 1)]
