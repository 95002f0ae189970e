"""`faelles till`: set up, open, count and close a till."""

from typing import Annotated

import typer

from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.fees.tills import operations
from faelles.fees.tills.model import CloseTill, NewTill, OpenTill, Report, Session, Till
from faelles.ground.i18n import money_text

app = typer.Typer(help=words("command_till"), no_args_is_help=True)

Name = Annotated[str, typer.Argument(help=words("command_till_name"), show_default=False)]
Number = Annotated[int, typer.Argument(help=words("command_till_number"), min=1, show_default=False)]
SessionNumber = Annotated[int, typer.Argument(help=words("command_till_session"), min=1, show_default=False)]
Float = Annotated[int, typer.Option("--float", help=words("command_till_float"), min=0)]
Cash = Annotated[int, typer.Option("--cash", help=words("command_till_counted"), min=0, show_default=False)]
Card = Annotated[int | None, typer.Option("--card", help=words("command_till_card"), min=0, show_default=False)]
Note = Annotated[str | None, typer.Option(help=words("command_till_note"), show_default=False)]

_MOST = 200


@app.command("list", help=words("command_till_list"))
def list_tills(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Till]:
        return await operations.list_tills(desk.tx, desk.caller, after=0, limit=_MOST)

    tills = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(tills)
    else:
        columns = ("command_column_till", "command_column_name", "command_column_session")
        show_table(columns, ((till.id, till.name, till.session) for till in tills))


@app.command("add", help=words("command_till_add"))
def add_till(name: Name, *, branch: Branch = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Till:
        where = await desk.branch(branch)
        return await operations.create_till(desk.tx, desk.caller, request(NewTill, {"branch": where, "name": name}))

    till = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(till)
    else:
        tell("command_till_added", till=till.id, name=till.name)


@app.command("remove", help=words("command_till_remove"))
def remove_till(till: Number, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> None:
        await operations.remove_till(desk.tx, desk.caller, till)

    as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(None)
    else:
        tell("command_till_removed", till=till)


@app.command("open", help=words("command_till_open"))
def open_till(till: Number, *, float_ore: Float = 0, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Session:
        return await operations.open_till(desk.tx, desk.caller, till, request(OpenTill, {"float_ore": float_ore}))

    session = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(session)
    else:
        tell("command_till_opened", session=session.id)


@app.command("close", help=words("command_till_close"))
def close_till(
    till: Number,
    *,
    cash: Cash,
    card: Card = None,
    note: Note = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    amounts = {"cash": cash, "card": card}
    counted = [{"means": means, "amount_ore": ore} for means, ore in amounts.items() if ore is not None]

    async def work(desk: Desk) -> Report:
        values = {"counted": counted, "note": note}
        return await operations.close_till(desk.tx, desk.caller, till, request(CloseTill, values))

    _show_report(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("report", help=words("command_till_report"))
def report(session: SessionNumber, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Report:
        return await operations.report(desk.tx, desk.caller, session)

    _show_report(as_staff(work, token=token, as_json=as_json), as_json=as_json)


def _show_report(found: Report, *, as_json: bool) -> None:
    if as_json:
        show(found)
        return
    columns = (
        "command_column_means",
        "command_column_expected",
        "command_column_counted",
        "command_column_difference",
    )
    lines = (
        (words(f"means_{line.means}"), *map(_money, (line.expected_ore, line.counted_ore, line.difference_ore)))
        for line in found.lines
    )
    show_table(columns, lines)


def _money(ore: int | None) -> str | None:
    return None if ore is None else money_text(ore, LANGUAGE)
