"""`faelles bench`: what an operation costs, beside bare SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from faelles.bench.model import FULL, SMALL, Counted, Figures, Spread, Tell
from faelles.bench.night.model import SMALL_SHARE, NightReport
from faelles.bench.scans.model import ScanFigures
from faelles.bench.terminals.model import WholeReport
from faelles.bench.web_sites.model import SiteReport
from faelles.doors.command.bench_matching import show_matching
from faelles.doors.command.bench_night import remark_step, show_night
from faelles.doors.command.bench_scans import show_scans
from faelles.doors.command.bench_terminals import show_terminals
from faelles.doors.command.bench_web_sites import show_sites
from faelles.doors.command.frame import perform
from faelles.doors.command.output import aside, remark, show_table, tell
from faelles.doors.command.words import words
from faelles.ground.config import read_config


class Part(StrEnum):
    DESK = "desk"
    NIGHT = "night"
    SITES = "sites"
    SCANS = "scans"


Fresh = Annotated[bool, typer.Option("--fresh", help=words("command_bench_fresh"))]
Only = Annotated[Part | None, typer.Option("--only", help=words("command_bench_only"), show_default=False)]
Share = Annotated[
    float | None,
    typer.Option("--share", min=0.001, max=1.0, help=words("command_bench_share"), show_default=False),
]
Small = Annotated[bool, typer.Option("--small", help=words("command_bench_small"))]

_FILE = "bench.json"
_NIGHT_FILE = "bench-night.json"
_SCANS_FILE = "bench-scans.json"
_SITES_FILE = "bench-sites.json"


def add_to(app: typer.Typer) -> None:
    app.command("bench", help=words("command_bench"), rich_help_panel=words("command_panel_operator"))(bench)


def bench(*, fresh: Fresh = False, small: Small = False, only: Only = None, share: Share = None) -> None:
    if only is Part.SITES:
        perform(_sites(fresh=fresh, small=small))
    if only in {None, Part.SCANS}:
        perform(_scans(fresh=fresh, small=small))
    if only in {None, Part.DESK}:
        perform(_bench(fresh=fresh, small=small))
    if only in {None, Part.NIGHT}:
        perform(_night(share or (SMALL_SHARE if small else 1.0), fresh=fresh))


async def _sites(*, fresh: bool, small: bool) -> None:
    from faelles.bench.measuring import run_sites  # noqa: PLC0415 - as below

    config = read_config()
    with _progress() as advance:
        report = await run_sites(config, SMALL if small else FULL, advance, fresh=fresh)
    show_sites(report)
    tell("bench_kept", file=_keep(report, config.state_directory / _SITES_FILE))


async def _scans(*, fresh: bool, small: bool) -> None:
    from faelles.bench.measuring import run_scans  # noqa: PLC0415 - as below

    config = read_config()
    with _progress() as advance:
        figures = await run_scans(config, SMALL if small else FULL, advance, fresh=fresh)
    show_scans(figures)
    tell("bench_kept", file=_keep(figures, config.state_directory / _SCANS_FILE))


async def _night(share: float, *, fresh: bool) -> None:
    from faelles.bench.night.measuring import run_night  # noqa: PLC0415 - as below
    from faelles.doors.worker.registry import JOBS  # noqa: PLC0415 - as below

    config = read_config()
    with _progress() as advance:
        report = await run_night(config, share, [job.name for job in JOBS], advance, remark_step, fresh=fresh)
    show_night(report)
    tell("bench_kept", file=_keep(report, config.state_directory / _NIGHT_FILE))


async def _bench(*, fresh: bool, small: bool) -> None:
    from faelles.bench.measuring import run  # noqa: PLC0415 - half a second that other commands need not spend

    config = read_config()
    with _progress() as advance:
        report = await run(config, SMALL if small else FULL, advance, fresh=fresh)
    _show(report)
    tell("bench_kept", file=_keep(report, config.state_directory / _FILE))


@contextmanager
def _progress() -> Iterator[Tell]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=aside(), transient=True) as progress:
        bar = progress.add_task("", total=None)

        said: tuple[str, int] | None = None

        def advance(code: str, step: int, steps: int) -> None:
            nonlocal said
            progress.update(bar, description=words(code), completed=step, total=steps or None)
            percent = 10 * (10 * step // steps) if steps else 0
            if (code, percent) != said and not progress.console.is_terminal:
                # No bar in a file: there each stage, and each tenth of it, is a line of its own.
                remark(f"{datetime.now():%H:%M:%S} {words(code)} {percent}%")  # noqa: DTZ005 - the clock on the wall
            said = code, percent

        yield advance


def _keep(report: WholeReport | NightReport | SiteReport | ScanFigures, file: Path) -> Path:
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return file


def _show(report: WholeReport) -> None:
    show_table(
        ["bench_what", "bench_callers", "bench_calls_a_second", "bench_p50", "bench_p95", "bench_p99"],
        [_speed(case) for case in report.cases],
        title=words("bench_title_speed", agencies=report.agencies, patrons=report.patrons, items=report.items),
    )
    show_table(
        ["bench_what", "bench_callers", "bench_program", "bench_in_database", "bench_ratio", "bench_bar"],
        [_cost(case) for case in report.cases],
        title=words("bench_title_cost", rounds=report.rounds),
    )
    show_table(
        ["bench_what", "bench_messages", "bench_statements", "bench_inner_statements"],
        [
            (words(f"bench_{each.subject}_{each.verb}"), *(f"{number:g}" for number in _counts(each)))
            for each in report.counted
        ],
        title=words("bench_title_counted"),
    )
    show_table(
        ["bench_process", "bench_processes", "bench_resident", "bench_proportional"],
        [
            (words(f"bench_{each.what}"), each.processes, each.resident_mib, each.proportional_mib)
            for each in report.memory
        ],
        title=words("bench_title_memory"),
    )
    show_terminals(report.terminals)
    show_matching(report.matching)
    show_sites(report.sites)


def _speed(case: Figures) -> Iterator[object]:
    yield words(f"bench_{case.subject}_{case.verb}")
    yield case.callers
    yield f"{case.calls_a_second.median:.0f}"
    yield from (f"{each:.2f}" for each in (case.p50_ms, case.p95_ms, case.p99_ms))


def _cost(case: Figures) -> Iterator[object]:
    yield words(f"bench_{case.subject}_{case.verb}")
    yield case.callers
    yield from (f"{each.median:.2f}" for each in (case.program_cpu_ms, case.database_cpu_ms))
    yield _spread(case.ratio) if case.ratio else None
    yield _verdict(case)


def _counts(each: Counted) -> tuple[float, float, float]:
    return each.messages, each.statements, each.inner_statements


def _spread(found: Spread) -> str:
    return f"{found.median:.2f} ({found.lowest:.2f}-{found.highest:.2f})"


def _verdict(case: Figures) -> str | None:
    if case.bar is None or case.is_met is None:
        return None
    return words("bench_met" if case.is_met else "bench_missed", bar=f"{case.bar:g}")
