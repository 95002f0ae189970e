"""`faelles lending`: which municipalities our copies are lent to, and who lends to us."""

from typing import Annotated

import typer

from faelles.circulation.sharing import agreements
from faelles.circulation.sharing.model import Agreement, GiveAgreement
from faelles.doors.command.acting import Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words

app = typer.Typer(no_args_is_help=True, help=words("command_lending"))

Day = Annotated[str | None, typer.Option(help=words("command_lending_day"), show_default=False)]


@app.command("list", help=words("command_lending_list"))
def list_agreements(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Agreement]:
        return await agreements.list_agreements(desk.tx, desk.caller)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_agreement_column", "command_lender", "command_borrower", "command_first_day", "command_last_day"],
        [(each.id, each.lender, each.borrower, each.first_day, each.last_day) for each in found],
    )


@app.command("give", help=words("command_lending_give"))
def give(
    borrower: Annotated[str, typer.Argument(help=words("command_borrower_isil"), show_default=False)],
    *,
    first_day: Day = None,
    last_day: Day = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> int:
        values = {"borrower": borrower, "first_day": first_day, "last_day": last_day}
        return await agreements.give_agreement(desk.tx, desk.caller, request(GiveAgreement, values))

    given = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show({"id": given})
    else:
        tell("command_lending_given", agreement=given, borrower=borrower)


@app.command("end", help=words("command_lending_end"))
def end(
    agreement: Annotated[int, typer.Argument(help=words("command_agreement_column"), show_default=False)],
    *,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> None:
        await agreements.end_agreement(desk.tx, desk.caller, agreement)

    as_staff(work, token=token, as_json=as_json)
    if not as_json:
        tell("command_lending_ended", agreement=agreement)
