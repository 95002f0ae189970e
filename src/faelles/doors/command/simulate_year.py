"""`faelles simulate year`: a municipality's year by the real desk and the real nights, beside books kept by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from faelles.doors.command.output import show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.config import Config
from faelles.ground.database.pool import open_database
from faelles.simulation.clock import TurnedClock
from faelles.simulation.year.model import FULL, SMALL, Size, YearReport
from faelles.simulation.year.pictures import money, notices

Advance = Callable[[int, int], None]
"""Hears how many days are over, and how many there are."""


def size_of(*, small: bool, loans: int | None, seed: int) -> Size:
    """Small: as few people as in the tests. `loans`: another number of check-outs than usual, with people to match."""
    size = SMALL if small else FULL
    if loans is not None:
        people = max(FULL.people * loans // FULL.loans, SMALL.people)
        size = msgspec.structs.replace(FULL, loans=loans, people=people)
    return msgspec.structs.replace(size, seed=seed)


async def live_year(config: Config, size: Size, tell_day: Advance) -> YearReport:
    """On a database of its own. Raises what the embedded server raises."""
    from faelles.doors.worker.registry import JOBS  # noqa: PLC0415 - other commands need not wait for it
    from faelles.simulation.stage import empty_database  # noqa: PLC0415 - as above
    from faelles.simulation.year.running import run_year  # noqa: PLC0415 - as above

    clock = TurnedClock(size.first_moment)
    with TemporaryDirectory(prefix="faelles-year-") as exchange:
        async with empty_database(config) as url, open_database(url, clock=clock) as database:
            return await run_year(database, clock, config.keyring, Path(exchange), size, JOBS, tell_day)


def show_year(report: YearReport) -> None:
    show_table(
        ["simulate_what", "simulate_times"],
        [(words(f"simulate_year_{name}"), number) for name, number in report.done.items() if number],
        title=words("simulate_year_title", seconds=f"{report.seconds:.0f}"),
    )
    show_table(
        ["simulate_year_told", "simulate_times"],
        [(words(f"notice_{kind}"), number) for kind, number in report.told.items()],
    )
    tell(
        "simulate_year_money",
        claimed=f"{report.claimed_ore / 100:.2f}",
        paid=f"{report.paid_ore / 100:.2f}",
        outstanding=f"{report.outstanding_ore / 100:.2f}",
        notices=report.notices,
    )
    for difference in report.differences:
        tell("simulate_broken", fault=difference)
    if not report.differences:
        tell("simulate_year_agrees")


def keep_year(report: YearReport, directory: Path) -> list[Path]:
    """The report as it is, and its two pictures."""
    return keep(
        directory,
        {
            "year.json": msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n",
            "year-money.svg": money(report, LANGUAGE).encode(),
            "year-notices.svg": notices(report, LANGUAGE).encode(),
        },
    )


def keep(directory: Path, written: Mapping[str, bytes]) -> list[Path]:
    """The files of a report, beside those of other lives."""
    folder = directory / "simulation-reports"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in written.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in written]
