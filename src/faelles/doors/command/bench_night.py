"""What `faelles bench` says of the night."""

from faelles.bench.night.model import DESK_P99_MS, NOTICE_CPU_MS, NightReport, Step
from faelles.doors.command.output import remark, show_table, tell
from faelles.doors.command.words import words


def remark_step(step: Step) -> None:
    """On standard error as soon as it is over: a night may be long, or cut short."""
    remark(
        words(
            "bench_night_step_over",
            step=step.name,
            seconds=f"{step.seconds:.1f}",
            program=f"{step.program_cpu_ms:.0f}",
            database=f"{step.database_cpu_ms:.0f}",
            done=_done(step),
        )
    )


def show_night(report: NightReport) -> None:
    _show_steps(report)
    _show_bars(report)


def _show_steps(report: NightReport) -> None:
    show_table(
        ["bench_night_step", "bench_night_seconds", "bench_program", "bench_in_database", "bench_night_done",
         "bench_resident"],
        [
            (
                each.name,
                f"{each.seconds:.1f}",
                f"{each.program_cpu_ms:.0f}",
                f"{each.database_cpu_ms:.0f}",
                _done(each),
                f"{each.resident_mib:.0f}",
            )
            for each in report.steps
        ],
        title=words("bench_title_night", **_extent(report)),
    )  # fmt: skip


def _show_bars(report: NightReport) -> None:
    """What is held against a bar: how long it took, what a notice cost, how the desk was answered meanwhile."""
    bar = report.bar_seconds
    tell(
        "bench_night_took",
        seconds=f"{report.seconds:.0f}",
        verdict="-" if bar is None else _verdict(f"{bar:.0f} s", is_met=report.seconds <= bar),
    )
    tell(
        "bench_night_notices",
        notices=report.notices,
        messages=report.messages,
        cpu_ms=f"{report.notice_cpu_ms:.2f}",
        verdict=_verdict(f"{NOTICE_CPU_MS:g}", is_met=report.notice_cpu_ms <= NOTICE_CPU_MS),
    )
    desk = report.desk
    tell(
        "bench_night_desk",
        calls=desk.calls,
        a_second=f"{desk.a_second:.0f}",
        p50=f"{desk.p50_ms:.0f}",
        p99=f"{desk.p99_ms:.0f}",
        longest=f"{desk.longest_ms:.0f}",
        refused=desk.refused,
        verdict=_verdict(f"{DESK_P99_MS:g}", is_met=desk.is_met),
    )


def _done(step: Step) -> str:
    return ", ".join(f"{name} {number}" for name, number in step.done.items())


def _extent(report: NightReport) -> dict[str, object]:
    found = report.extent
    return {
        "agencies": found.agencies,
        "patrons": found.patrons,
        "loans": found.open_loans,
        "overdue": found.overdue,
        "holds": found.holds,
    }


def _verdict(bar: str, *, is_met: bool) -> str:
    return words("bench_bar_met" if is_met else "bench_bar_missed", bar=bar)
