"""`faelles load`: fill the system from files."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from faelles.agencies.operations import next_agency_id
from faelles.agencies.planting import plant_agency
from faelles.agencies.seeds import AgencySeed, agency_seeds
from faelles.catalog.loading import LoadProgress, LoadReport, OnBadLine, load_records
from faelles.doors.command.frame import NOT_UNDERSTOOD, with_runtime
from faelles.doors.command.operator import agency_with_isil, as_operator
from faelles.doors.command.output import AsJson, aside, complain, remark, show, tell
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.ground.database import Transaction
from faelles.ground.ids import NATION
from faelles.people.model import Caller
from faelles.people.operations import agency_behind_isil
from faelles.people.staff.operations import seed_roles
from faelles.policies.seeds import seed_agency, seed_nation

app = typer.Typer(help=words("command_load"), no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help=words("command_load_file"))]
Isil = Annotated[str | None, typer.Option("--agency", help=words("command_load_agency"), show_default=False)]
Stop = Annotated[bool, typer.Option("--stop-on-bad-line", help=words("command_load_stop"))]


@app.command("agencies", help=words("command_load_agencies"))
def agencies() -> None:
    async def work(runtime: Runtime) -> int:
        await as_operator(runtime, NATION, _seed_nation)
        seeds = [each for each in agency_seeds() if not await agency_behind_isil(runtime.database, each.founding.isil)]
        with Progress(console=aside(), transient=True) as progress:
            for seed in progress.track(seeds, description=words("command_agencies")):
                await _found(runtime, seed)
        return len(seeds)

    tell("command_agencies_loaded", count=with_runtime(work))


async def _seed_nation(tx: Transaction, caller: Caller) -> None:
    del caller
    await seed_nation(tx)
    await seed_roles(tx)


async def _found(runtime: Runtime, seed: AgencySeed) -> None:
    async def work(tx: Transaction, caller: Caller) -> None:
        await plant_agency(tx, caller, seed)
        await seed_agency(tx)
        await seed_roles(tx)

    await as_operator(runtime, await next_agency_id(runtime.database), work)


@app.command("records", help=words("command_load_records"))
def records(file: File, *, agency: Isil = None, stop: Stop = False, as_json: AsJson = False) -> None:
    async def work(runtime: Runtime) -> LoadReport:
        owner = NATION if agency is None else await agency_with_isil(runtime, agency)
        on_bad_line = OnBadLine.STOP if stop else OnBadLine.SKIP
        with Progress(console=aside(), transient=True) as progress:
            bar = progress.add_task(file.name, total=None)

            def advance(how_far: LoadProgress) -> None:
                progress.update(bar, completed=how_far.bytes_read, total=how_far.bytes_in_all)

            return await as_operator(
                runtime,
                owner,
                lambda tx, caller: load_records(tx, caller, file, on_bad_line=on_bad_line, tell=advance),
            )

    report = with_runtime(work, as_json=as_json)
    _show_report(report, as_json=as_json)
    if not report.added + report.changed + report.unchanged:
        complain(words("command_nothing_loaded", file=file))
        raise typer.Exit(NOT_UNDERSTOOD)


def _show_report(report: LoadReport, *, as_json: bool) -> None:
    if as_json:
        show(report)
        return
    tell("command_loaded", added=report.added, changed=report.changed, unchanged=report.unchanged, bad=report.bad)
    for bad in report.bad_lines:
        remark(words("command_bad_line", line=bad.line, problem=words(bad.code)))
