"""What `faelles bench` says of holds."""

from faelles.bench.matching.model import MOST_TIMES_A_PLAIN_RETURN, HoldCost, MatchingReport
from faelles.doors.command.output import show_table, tell
from faelles.doors.command.words import words


def show_matching(report: MatchingReport) -> None:
    show_table(
        ["bench_queue", "bench_calls", "bench_both", "bench_times_plain", "bench_bar"],
        [
            (each.queue, each.calls, f"{each.cpu_ms:.2f}", f"{each.times_plain:.2f}", _verdict(each))
            for each in report.returns
        ],
        title=words("bench_title_holds"),
    )
    tell("bench_placing", cpu_ms=f"{report.placing_cpu_ms:.2f}")
    tell(
        "bench_rematched",
        titles=report.titles,
        seconds=f"{report.seconds:.1f}",
        cpu=f"{report.cpu_seconds:.1f}",
        alone=f"{report.alone_seconds:.1f}",
    )


def _verdict(each: HoldCost) -> str | None:
    if each.is_met is None:
        return None
    return words("bench_bar_met" if each.is_met else "bench_bar_missed", bar=f"{MOST_TIMES_A_PLAIN_RETURN:g}x")
