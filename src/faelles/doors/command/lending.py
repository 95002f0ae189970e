"""`faelles lending`: who lends to whom, what is asked for, and what is on its way there and home again."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.circulation.desk.issues import titled
from faelles.circulation.sharing import agreements, borrowing, lending
from faelles.circulation.sharing.model import (
    Agreement,
    GiveAgreement,
    Incoming,
    Outgoing,
    ReceivedLent,
    ReceiveLent,
    SendToBorrower,
    SentToBorrower,
)
from faelles.circulation.transit.slips import slip_lines
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, Most, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.i18n import date_text

app = typer.Typer(no_args_is_help=True, help=words("command_lending"))

Request = Annotated[int, typer.Argument(help=words("command_request_id"), show_default=False)]
Item = Annotated[str, typer.Argument(help=words("command_item_number"), show_default=False)]
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


# -- What others ask of us


@app.command("incoming", help=words("command_lending_incoming"))
def incoming(*, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Incoming]:
        return await lending.list_incoming(desk.tx, desk.caller, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    _show([(each, each.borrower) for each in found], "command_borrower")


@app.command("accept", help=words("command_lending_accept"))
def accept(lending_request: Request, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Incoming:
        return await lending.accept_request(desk.tx, desk.caller, lending_request)

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("refuse", help=words("command_lending_refuse"))
def refuse(lending_request: Request, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Incoming:
        return await lending.refuse_request(desk.tx, desk.caller, lending_request)

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("send", help=words("command_lending_send"))
def send(item: Item, *, branch: Branch = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> SentToBorrower:
        values = {"item": item, "branch": await desk.branch(branch)}
        return await lending.send_to_borrower(desk.tx, desk.caller, request(SendToBorrower, values))

    sent = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(sent)
    else:
        tell("command_lending_sent", borrower=sent.borrower, due_on=date_text(sent.due_on, LANGUAGE))


# -- What we ask of others


@app.command("outgoing", help=words("command_lending_outgoing"))
def outgoing(*, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Outgoing]:
        return await borrowing.list_outgoing(desk.tx, desk.caller, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    _show([(each, each.lender) for each in found], "command_lender")


@app.command("withdraw", help=words("command_lending_withdraw"))
def withdraw(lending_request: Request, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Outgoing:
        return await borrowing.withdraw_request(desk.tx, desk.caller, lending_request)

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("receive", help=words("command_lending_receive"))
def receive(lending_request: Request, *, branch: Branch = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> ReceivedLent:
        there = request(ReceiveLent, {"branch": await desk.branch(branch)})
        return await borrowing.receive_lent(desk.tx, desk.caller, lending_request, there)

    received = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(received)
        return
    tell("command_lending_received", number=received.number)
    if received.answer.next is not None:
        item = received.answer.item
        for line in slip_lines(received.answer.next.slip, LANGUAGE, title=titled(item, LANGUAGE) if item else None):
            typer.echo(line)


@app.command("return", help=words("command_lending_return"))
def give_back(lending_request: Request, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Outgoing:
        return await borrowing.return_to_lender(desk.tx, desk.caller, lending_request)

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


def _tell(found: Incoming | Outgoing, *, as_json: bool) -> None:
    if as_json:
        show(found)
    else:
        tell("command_lending_is_now", request=found.id, state=words(f"lending_state_{found.state}"))


def _show(found: Sequence[tuple[Incoming | Outgoing, str]], other: str) -> None:
    show_table(
        [
            "command_request_column", other, "command_title_column", "command_lending_state", "command_asked_at",
            "command_item_number", "command_due_column",
        ],
        [
            (each.id, isil, each.title, words(f"lending_state_{each.state}"), each.asked_at, each.item, each.due_on)
            for each, isil in found
        ],
    )  # fmt: skip
