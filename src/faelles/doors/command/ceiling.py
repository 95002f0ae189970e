"""`faelles policy ceiling`: the most that any municipality may ask, set by the operator for the nation."""

from datetime import datetime
from typing import Annotated

import typer

from faelles.doors.command.acting import request
from faelles.doors.command.frame import with_runtime
from faelles.doors.command.operator import as_operator
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.doors.runtime import Runtime
from faelles.ground.database import Transaction
from faelles.ground.i18n import money_text
from faelles.ground.ids import NATION
from faelles.people.model import Caller
from faelles.policies.ceilings import operations as ceilings
from faelles.policies.ceilings.model import CeilingRecord, ListCeilings, SetCeiling

app = typer.Typer(help=words("command_ceiling"), no_args_is_help=True)

Knob = Annotated[str, typer.Argument(help=words("command_ceiling_knob"), show_default=False)]
OnlyKnob = Annotated[str | None, typer.Argument(help=words("command_ceiling_knob"), show_default=False)]
HighestOre = Annotated[int, typer.Argument(help=words("command_ceiling_highest"), show_default=False)]
Source = Annotated[str, typer.Option("--source", help=words("command_ceiling_source"), show_default=False)]
From = Annotated[datetime | None, typer.Option("--from", help=words("command_ceiling_from"), show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help=words("command_ceiling_all"))]

_AT_A_TIME = 200


@app.command("list", help=words("command_ceiling_list"))
def show_ceilings(knob: OnlyKnob = None, *, everything: Everything = False, as_json: AsJson = False) -> None:
    async def work(tx: Transaction, caller: Caller) -> list[CeilingRecord]:
        found: list[CeilingRecord] = []
        asked = {"knob": knob, "include_past_and_planned": everything, "limit": _AT_A_TIME}
        while page := await ceilings.list_ceilings(
            tx, caller, request(ListCeilings, asked | {"after": found[-1].id if found else 0})
        ):
            found += page
        return found

    async def run(runtime: Runtime) -> list[CeilingRecord]:
        return await as_operator(runtime, NATION, work)

    found = with_runtime(run, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_knob", "command_ceiling_column", "command_from", "command_until", "command_source"],
        [
            (each.knob, money_text(each.highest_ore, LANGUAGE), each.valid_from, each.valid_until, each.source)
            for each in found
            if not each.was_never_in_force
        ],
    )


@app.command("set", help=words("command_ceiling_set"))
def set_ceiling(
    knob: Knob, highest_ore: HighestOre, *, source: Source, starts: From = None, as_json: AsJson = False
) -> None:
    async def work(tx: Transaction, caller: Caller) -> CeilingRecord:
        asked = {
            "knob": knob,
            "highest_ore": highest_ore,
            "source": source,
            "valid_from": starts.astimezone() if starts else None,
        }
        return await ceilings.set_ceiling(tx, caller, request(SetCeiling, asked))

    async def run(runtime: Runtime) -> CeilingRecord:
        return await as_operator(runtime, NATION, work)

    written = with_runtime(run, as_json=as_json)
    if as_json:
        show(written)
        return
    tell("command_ceiling_stands", knob=written.knob, highest_ore=written.highest_ore)
