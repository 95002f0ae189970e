"""`faelles van`: the vans, and the rounds they drive."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.circulation.transit import rounds
from faelles.circulation.transit.model import NewVan, Van
from faelles.doors.command.acting import Desk, Token, as_staff, branch_with_code, request
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.ground.errors import invalid_field

app = typer.Typer(no_args_is_help=True, help=words("command_vans"))

VanId = Annotated[int, typer.Argument(help=words("command_van"), show_default=False)]
Name = Annotated[str, typer.Argument(help=words("command_van_name"), show_default=False)]
Rounds = Annotated[list[str] | None, typer.Option("--round", help=words("command_van_round"), show_default=False)]


@app.command("list", help=words("command_van_list"))
def list_vans(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Van]:
        return await rounds.list_vans(desk.tx, desk.caller)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_number", "command_van_name", "command_van_days"],
        [(each.id, each.name, ", ".join(str(one.weekday) for one in each.rounds)) for each in found],
    )


@app.command("add", help=words("command_van_add"))
def add(name: Name, *, rounds_: Rounds = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Van:
        return await rounds.add_van(desk.tx, desk.caller, await _van(desk, name, rounds_ or ()))

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("change", help=words("command_van_change"))
def change(van: VanId, name: Name, *, rounds_: Rounds = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Van:
        return await rounds.change_van(desk.tx, desk.caller, van, await _van(desk, name, rounds_ or ()))

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("retire", help=words("command_van_retire"))
def retire(van: VanId, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> None:
        await rounds.retire_van(desk.tx, desk.caller, van)

    as_staff(work, token=token, as_json=as_json)
    if not as_json:
        tell("command_van_retired", van=van)


async def _van(desk: Desk, name: str, typed: Sequence[str]) -> NewVan:
    """Each round as it is typed: a weekday, and the branches in order, each with the hour or without."""
    return request(NewVan, {"name": name, "rounds": [await _round(desk, each) for each in typed]})


async def _round(desk: Desk, typed: str) -> dict[str, object]:
    weekday, _, calls = typed.partition("=")
    if not weekday.strip().isdecimal() or not calls:
        raise invalid_field("--round", "command_van_round_unknown")
    stops: list[dict[str, object]] = []
    for call in calls.split(","):
        code, _, hour = call.strip().partition("@")
        branch = await branch_with_code(desk.tx, desk.caller, code)
        stops.append({"branch": branch, "calls_at": f"{hour}:00" if hour else None})
    return {"weekday": int(weekday), "stops": stops}


def _tell(van: Van, *, as_json: bool) -> None:
    if as_json:
        show(van)
    else:
        tell("command_van_is", van=van.id, name=van.name, rounds=len(van.rounds))
