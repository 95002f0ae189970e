"""`faelles crate`: boxes of copies between branches, from the packing to the unpacking."""

from typing import Annotated

import typer

from faelles.circulation.transit import crates
from faelles.circulation.transit.model import Crate, PackCrate, Put, PutInCrate, PutOutcome
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, branch_with_code, request
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, Most, show, show_table, tell
from faelles.doors.command.words import words

app = typer.Typer(no_args_is_help=True, help=words("command_crate"))

CrateId = Annotated[int, typer.Argument(help=words("command_crate_id"), show_default=False)]
Label = Annotated[str, typer.Argument(help=words("command_crate_label"), show_default=False)]
To = Annotated[str, typer.Option("--to", help=words("command_crate_to"), show_default=False)]
Items = Annotated[list[str], typer.Argument(help=words("command_items"), show_default=False)]


@app.command("list", help=words("command_crate_list"))
def list_crates(*, branch: Branch = None, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Crate]:
        here = None if branch is None else await desk.branch(branch)
        return await crates.list_crates(desk.tx, desk.caller, branch=here, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_crate_id", "command_crate_label", "command_crate_copies", "command_packed_at", "command_sent_at"],
        [(each.id, each.label, each.copies, each.packed_at, each.sent_at) for each in found],
    )


@app.command("pack", help=words("command_crate_pack"))
def pack(label: Label, *, to: To, branch: Branch = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Crate:
        there = await branch_with_code(desk.tx, desk.caller, to, "--to")
        values = {"label": label, "branch": await desk.branch(branch), "to": there}
        return await crates.pack_crate(desk.tx, desk.caller, request(PackCrate, values))

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("put", help=words("command_crate_put"))
def put(crate: CrateId, items: Items, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Put]:
        return await crates.put_in_crate(desk.tx, desk.caller, crate, request(PutInCrate, {"items": items}))

    answers = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answers)
    else:
        for each in answers:
            tell(f"command_crate_{each.outcome}", item=each.item)
    if any(each.outcome is not PutOutcome.PACKED for each in answers):
        raise typer.Exit(SAYS_NO)


@app.command("send", help=words("command_crate_send"))
def send(crate: CrateId, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Crate:
        return await crates.send_crate(desk.tx, desk.caller, crate)

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("receive", help=words("command_crate_receive"))
def receive(crate: CrateId, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Crate:
        return await crates.receive_crate(desk.tx, desk.caller, crate)

    _tell(as_staff(work, token=token, as_json=as_json), as_json=as_json)


def _tell(crate: Crate, *, as_json: bool) -> None:
    if as_json:
        show(crate)
        return
    stage = "received" if crate.received_at else "sent" if crate.sent_at else "open"
    tell(f"command_crate_is_{stage}", crate=crate.id, label=crate.label, copies=crate.copies)
