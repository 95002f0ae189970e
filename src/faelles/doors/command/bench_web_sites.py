"""What `faelles bench` says of web sites."""

from collections.abc import Iterator

from faelles.bench.web_sites.model import BURST_P99_MS, MOST_TIMES_YARDSTICK, AskFigures, SiteReport
from faelles.doors.command.output import show_table, tell
from faelles.doors.command.words import words


def show_sites(report: SiteReport) -> None:
    show_table(
        [
            "bench_what", "bench_calls_a_second", "bench_p50", "bench_p99", "bench_program", "bench_in_database",
            "bench_site_yardstick", "bench_ratio", "bench_bar",
        ],
        [_line(each) for each in report.asks],
        title=words("bench_title_sites"),
    )  # fmt: skip
    burst = report.burst
    tell(
        "bench_site_burst",
        asked=burst.asked_a_second,
        answered=f"{burst.answered_a_second:.0f}",
        p50=f"{burst.p50_ms:.1f}",
        p99=f"{burst.p99_ms:.1f}",
        refused=burst.refused,
        verdict=_verdict(f"{BURST_P99_MS:g}", is_met=burst.is_met),
    )


def _line(each: AskFigures) -> Iterator[object]:
    yield words(f"bench_site_{each.ask}")
    yield f"{each.calls_a_second.median:.0f}"
    yield from (f"{value:.2f}" for value in (each.p50_ms, each.p99_ms))
    yield from (f"{cpu.median:.3f}" for cpu in (each.program_cpu_ms, each.database_cpu_ms, each.yardstick_cpu_ms))
    yield f"{each.ratio.median:.2f}"
    yield _verdict(f"{MOST_TIMES_YARDSTICK:g}", is_met=each.is_met)


def _verdict(bar: str, *, is_met: bool) -> str:
    return words("bench_bar_met" if is_met else "bench_bar_missed", bar=bar)
