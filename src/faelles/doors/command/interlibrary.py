"""`faelles interlibrary`: what patrons want from other libraries, from the wish to the copy's way home."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from faelles.circulation.loans.model import CheckoutAnswer, Outcome
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request, with_staff
from faelles.doors.command.blocks_shown import show_blocks
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.patron_meant import patron_meant
from faelles.doors.command.unseen import AnyCard, Card
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.interlibrary import operations
from faelles.interlibrary.model import (
    Adapter,
    Deny,
    LendAt,
    NewRequest,
    PlaceOrder,
    Receive,
    Request,
    SetPartner,
)
from faelles.interlibrary.partners import set_partner
from faelles.people.model import Caller

app = typer.Typer(no_args_is_help=True, help=words("command_interlibrary"))

Id = Annotated[int, typer.Argument(help=words("command_interlibrary_id"), show_default=False)]


@app.command("request", help=words("command_interlibrary_request"))
def ask(
    card: Card,
    *,
    title: Annotated[str, typer.Option(help=words("command_interlibrary_title"), show_default=False)],
    creator: Annotated[str | None, typer.Option(help=words("command_interlibrary_creator"), show_default=False)] = None,
    year: Annotated[str | None, typer.Option(help=words("command_interlibrary_year"), show_default=False)] = None,
    identifier: Annotated[
        str | None, typer.Option(help=words("command_interlibrary_identifier"), show_default=False)
    ] = None,
    note: Annotated[str | None, typer.Option(help=words("command_interlibrary_note"), show_default=False)] = None,
    branch: Branch = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> Request:
        wanted = {"title": title, "creator": creator, "publication_year": year, "identifier": identifier}
        said = {name: value for name, value in wanted.items() if value is not None}
        wish = {"wanted": said, "branch": await desk.branch(branch), "note": note}
        patron = await patron_meant(desk, card)
        return await operations.request_title(desk.tx, desk.caller, patron, request(NewRequest, wish))

    _done(work, token=token, as_json=as_json)


@app.command("list", help=words("command_interlibrary_list"))
def list_requests(
    card: AnyCard = None,
    *,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Of a patron; without one, everything that is not done with."""

    async def work(desk: Desk) -> list[Request]:
        if card is None:
            return await operations.open_requests(desk.tx, desk.caller, limit=200)
        return await operations.requests_of(desk.tx, desk.caller, await patron_meant(desk, card), limit=200)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show(found)


@app.command("show", help=words("command_interlibrary_show"))
def show_one(request_id: Id, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Request:
        return await operations.show_request(desk.tx, desk.caller, request_id)

    _done(work, token=token, as_json=as_json)


@app.command("order", help=words("command_interlibrary_order"))
def order(
    request_id: Id,
    *,
    library: Annotated[str, typer.Option("--from", help=words("command_interlibrary_from"), show_default=False)],
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(runtime: Runtime, caller: Caller) -> Request:
        wanted = request(PlaceOrder, {"partner_isil": library})
        return await operations.order(runtime.database, caller, runtime.config.installation, request_id, wanted)

    found = with_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show([found])


@app.command("receive", help=words("command_interlibrary_receive"))
def receive(
    request_id: Id,
    *,
    placement: Annotated[int, typer.Option(help=words("command_interlibrary_placement"), show_default=False)],
    material_group: Annotated[int, typer.Option(help=words("command_interlibrary_group"), show_default=False)],
    record: Annotated[int | None, typer.Option(help=words("command_record"), show_default=False)] = None,
    number: Annotated[str | None, typer.Option(help=words("command_interlibrary_number"), show_default=False)] = None,
    due: Annotated[str | None, typer.Option(help=words("command_interlibrary_due"), show_default=False)] = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> Request:
        come = {
            "placement": placement,
            "material_group": material_group,
            "record": record,
            "number": number,
            "lender_due_on": due,
        }
        return await operations.receive(desk.tx, desk.caller, request_id, request(Receive, come))

    _done(work, token=token, as_json=as_json)


@app.command("lend", help=words("command_interlibrary_lend"))
def lend(request_id: Id, *, branch: Branch = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> CheckoutAnswer:
        here = request(LendAt, {"branch": await desk.branch(branch)})
        return await operations.lend(desk.tx, desk.caller, desk.keyring, request_id, here)

    answer = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answer)
    elif answer.outcome is Outcome.LENT:
        tell("command_interlibrary_lent", due_on=answer.due_on or "")
    else:
        show_blocks(answer.blocks)
    if answer.outcome is not Outcome.LENT:
        raise typer.Exit(SAYS_NO)


@app.command("close", help=words("command_interlibrary_close"))
def close(request_id: Id, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Request:
        return await operations.close(desk.tx, desk.caller, request_id)

    _done(work, token=token, as_json=as_json)


@app.command("deny", help=words("command_interlibrary_deny"))
def deny(
    request_id: Id,
    *,
    reason: Annotated[str, typer.Option(help=words("command_interlibrary_reason"), show_default=False)],
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> Request:
        return await operations.deny(desk.tx, desk.caller, request_id, request(Deny, {"reason": reason}))

    _done(work, token=token, as_json=as_json)


@app.command("cancel", help=words("command_interlibrary_cancel"))
def cancel(request_id: Id, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Request:
        return await operations.cancel(desk.tx, desk.caller, request_id)

    _done(work, token=token, as_json=as_json)


@app.command("partner", help=words("command_interlibrary_partner"))
def partner(
    adapter: Annotated[Adapter, typer.Argument(help=words("command_interlibrary_adapter"), show_default=False)],
    *,
    address: Annotated[str | None, typer.Option(help=words("command_interlibrary_address"), show_default=False)] = None,
    token: Token = None,
) -> None:
    async def work(runtime: Runtime, caller: Caller) -> None:
        chosen = request(SetPartner, {"adapter": adapter.value, "address": address})
        installation = runtime.config.installation
        await runtime.database.run(
            caller.agency, caller.actor, lambda tx: set_partner(tx, caller, installation, chosen)
        )

    with_staff(work, token=token)
    tell("command_interlibrary_partner_chosen")


def _done(work: Callable[[Desk], Awaitable[Request]], *, token: str | None, as_json: bool) -> None:
    """Do it, and show the request as it is then."""
    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show([found])


def _show(found: Sequence[Request]) -> None:
    show_table(
        [
            "command_id",
            "command_interlibrary_direction",
            "command_title_column",
            "command_state",
            "command_interlibrary_library",
            "command_interlibrary_when",
        ],
        [
            (
                each.id,
                words(f"interlibrary_{each.direction}"),
                ": ".join(said for said in (each.wanted.creator, each.wanted.title) if said),
                words(f"interlibrary_state_{each.state}") + (f" ({each.denied_why})" if each.denied_why else ""),
                each.partner_isil,
                each.requested_at,
            )
            for each in found
        ],
    )
