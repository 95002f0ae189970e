"""`faelles patron`: find and show patrons. Every look is logged with who looked."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.doors.command.acting import Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.ground.errors import NotFoundError
from faelles.patrons.looking.model import IdentifyPatron, PatronSummary, PatronView, SearchPatrons
from faelles.patrons.looking.operations import identify, search, show_patron

app = typer.Typer(help=words("command_patron"), no_args_is_help=True)

Scanned = Annotated[str, typer.Argument(help=words("command_patron_scan"), show_default=False)]
Name = Annotated[str, typer.Argument(help=words("command_patron_name"), show_default=False)]
Most = Annotated[int, typer.Option("--limit", min=1, max=200, help=words("command_limit"))]


@app.command("find", help=words("command_patron_find"))
def find(name: Name, *, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[PatronSummary]:
        return await search(desk.tx, desk.caller, request(SearchPatrons, {"name": name, "limit": limit}))

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show_summaries(found)


@app.command("show", help=words("command_patron_show"))
def show_one(scan: Scanned, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> PatronView | list[PatronSummary]:
        asked = request(IdentifyPatron, {"scan": scan})
        candidates = await identify(desk.tx, desk.caller, desk.keyring, asked.scan)
        if not candidates:
            raise NotFoundError("command_patron_unknown")
        if len(candidates) > 1:
            return [candidate.patron for candidate in candidates]
        return await show_patron(desk.tx, desk.caller, candidates[0].patron.id)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    elif isinstance(found, PatronView):
        _show_patron(found)
    else:
        tell("command_patron_several")
        _show_summaries(found)


def _show_summaries(found: Sequence[PatronSummary]) -> None:
    show_table(
        ["command_name", "command_card", "command_born", "command_street", "command_city"],
        [(each.name, each.card, each.birth_date, each.street, each.city) for each in found],
    )


def _show_patron(patron: PatronView) -> None:
    contact = patron.contact
    address = (contact.street, contact.postal_code, contact.city) if contact else ()
    lines = [
        ("command_name", patron.name),
        ("command_born", patron.birth_date),
        ("command_address", ", ".join(filter(None, address)) or words("command_protected") * patron.address_protected),
        ("command_card", ", ".join(each.value for each in patron.identifiers if each.value and not each.ended_at)),
        ("command_blocks", ", ".join(f"{each.code} {each.reason or ''}".strip() for each in patron.blocks)),
        ("command_note", patron.note),
    ]
    show_table(["command_what", "command_value"], [(words(code), value) for code, value in lines if value])
