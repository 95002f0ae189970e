"""`faelles simulate`: lives that a library leads in a hurry, by the real operations on a database of its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from faelles.doors.command.frame import SAYS_NO, perform
from faelles.doors.command.output import aside, remark, show_table, tell
from faelles.doors.command.simulate_year import keep, keep_year, live_year, show_year, size_of
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.config import read_config
from faelles.ground.i18n import knows
from faelles.simulation.week.model import FULL, SMALL, Fate, WeekReport
from faelles.simulation.week.pictures import in_transit, waiting_times
from faelles.simulation.year.model import Size

Advance = Callable[[int, int], None]

app = typer.Typer(no_args_is_help=True, help=words("command_simulate"))

Small = Annotated[bool, typer.Option("--small", help=words("command_simulate_small"))]
Seed = Annotated[int, typer.Option("--seed", help=words("command_simulate_seed"))]
Loans = Annotated[
    int | None, typer.Option("--loans", min=100, help=words("command_simulate_loans"), show_default=False)
]


@app.command("week", help=words("command_simulate_week"))
def week(*, small: Small = False, seed: Seed = 1) -> None:
    perform(_week(small=small, seed=seed))


async def _week(*, small: bool, seed: int) -> None:
    from faelles.simulation.stage import empty_database  # noqa: PLC0415 - other commands need not wait for it
    from faelles.simulation.week.running import run_week  # noqa: PLC0415 - as above

    config = read_config()
    size = msgspec.structs.replace(SMALL if small else FULL, seed=seed)
    with _progress("simulate_week") as advance:
        async with empty_database(config) as url:
            report = await run_week(url, config.keyring, size, advance)
    _show(report)
    for file in _keep(report, config.state_directory):
        tell("simulate_kept", file=file)
    if report.unexplained or report.broken:
        raise typer.Exit(SAYS_NO)


@app.command("year", help=words("command_simulate_year"))
def year(*, small: Small = False, loans: Loans = None, seed: Seed = 1) -> None:
    perform(_year(size_of(small=small, loans=loans, seed=seed)))


async def _year(size: Size) -> None:
    config = read_config()
    with _progress("simulate_year") as advance:
        report = await live_year(config, size, advance)
    show_year(report)
    for file in keep_year(report, config.state_directory):
        tell("simulate_kept", file=file)
    if report.differences:
        raise typer.Exit(SAYS_NO)


@contextmanager
def _progress(code: str) -> Iterator[Advance]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=aside(), transient=True) as progress:
        bar = progress.add_task(words(code), total=None)

        def advance(step: int, steps: int) -> None:
            progress.update(bar, completed=step, total=steps)
            if not progress.console.is_terminal and 10 * step // steps > 10 * (step - 1) // steps:
                # No bar in a file: there each tenth is a line of its own.
                remark(f"{words(code)}: {step}/{steps}")

        yield advance


def _show(report: WeekReport) -> None:
    show_table(
        ["command_state", "command_why", "simulate_holds"],
        [(words(f"hold_state_{each.state}"), _why(each), each.holds) for each in report.fates],
        title=words("simulate_title_fates", placed=report.placed, refused=report.refused),
    )
    show_table(
        ["simulate_waited_days", "simulate_holds"],
        list(enumerate(report.waited)),
        title=words("simulate_waited"),
    )
    show_table(
        ["simulate_what", "simulate_times"],
        [(words(f"simulate_done_{name}"), number) for name, number in report.done.items() if number],
        title=words("simulate_title_done", seconds=f"{report.seconds:.0f}"),
    )
    for fault in report.broken:
        tell("simulate_broken", fault=fault)
    tell("simulate_unexplained" if report.unexplained else "simulate_all_explained", holds=len(report.unexplained))


def _why(fate: Fate) -> str:
    """In words: what waiting waits for, or how it ended."""
    for code in (f"simulate_why_{fate.why}", f"why_not_{fate.why}"):
        if knows(code, LANGUAGE):
            return words(code)
    return fate.why


def _keep(report: WeekReport, directory: Path) -> list[Path]:
    """The report as it is, and its two pictures."""
    written = {
        "week.json": msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n",
        "week-waiting.svg": waiting_times(report, LANGUAGE).encode(),
        "week-in-transit.svg": in_transit(report, LANGUAGE).encode(),
    }
    return keep(directory, written)
