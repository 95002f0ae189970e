"""`faelles work` and `faelles night`: what runs while nobody asks."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import typer

from faelles.doors.command.foreign_words import retold
from faelles.doors.command.frame import perform, with_runtime
from faelles.doors.command.operator import agency_with_isil
from faelles.doors.command.output import AsJson, remark, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.doors.runtime import Runtime, running
from faelles.ground.config import read_config
from faelles.ground.i18n import date_text
from faelles.ground.log import configure_logging
from faelles.ground.night import Night, Outcome, RunReport

Isil = Annotated[str | None, typer.Option("--agency", help=words("command_night_agency"), show_default=False)]
Day = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help=words("command_night_date"), show_default=False)
]
DryRun = Annotated[bool, typer.Option("--dry-run", help=words("command_night_dry_run"))]

_FAILED = 1


def add_to(app: typer.Typer) -> None:
    panel = words("command_panel_operator")
    app.command("work", help=words("command_work"), rich_help_panel=panel)(work)
    app.command("night", help=words("command_night"), rich_help_panel=panel)(night)


def work() -> None:
    perform(_work())


async def _work() -> None:
    from faelles.doors.worker.working import let_others_go_first, worker_of  # noqa: PLC0415 - letters and mail, which others need not load

    config = read_config()
    configure_logging(level=config.log_level)
    let_others_go_first()
    async with running(config, say=retold(remark)) as runtime, worker_of(runtime) as worker:
        remark(words("command_work_begun"))
        await worker.run()


def night(*, agency: Isil = None, day: Day = None, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Without a date: whatever is due now, missed nights included."""
    wanted = day.date() if day else None
    reports = with_runtime(lambda runtime: _night(runtime, agency, wanted, is_rehearsal=dry_run), as_json=as_json)
    if as_json:
        show(reports)
    else:
        _show(reports)
    if any(report.outcome is Outcome.FAILED for report in reports):
        raise typer.Exit(_FAILED)


async def _night(runtime: Runtime, isil: str | None, day: date | None, *, is_rehearsal: bool) -> list[RunReport]:
    from faelles.doors.worker.registry import JOBS  # noqa: PLC0415 - as above
    from faelles.doors.worker.working import homes  # noqa: PLC0415 - as above

    only = await agency_with_isil(runtime, isil) if isil else None
    places = await homes(runtime.database, only=only)
    kept = Night(database=runtime.database, jobs=JOBS, tell=_progress)
    if is_rehearsal:
        return await kept.rehearse(places, day)
    return await (kept.run_due(places) if day is None else kept.run_day(places, day))


def _progress(report: RunReport) -> None:
    outcome = report.failure or words(f"job_outcome_{report.outcome}")
    remark(f"{report.isil} {report.day} {report.job}: {outcome}, {report.seconds:.1f} s")


def _show(reports: Sequence[RunReport]) -> None:
    if not reports:
        tell("command_night_nothing_due")
        return
    runs = {(report.isil, report.day) for report in reports}
    for isil, day in sorted(runs):
        show_table(
            ["command_job", "command_outcome", "command_counts", "command_seconds"],
            [_line(report) for report in reports if (report.isil, report.day) == (isil, day)],
            title=f"{isil}, {date_text(day, LANGUAGE)}",
        )


def _line(report: RunReport) -> tuple[str, ...]:
    return (
        words(f"job_{report.job}"),
        report.failure or words(f"job_outcome_{report.outcome}"),
        ", ".join(f"{name} {number}" for name, number in report.counts.items() if number),
        f"{report.seconds:.1f}",
    )
