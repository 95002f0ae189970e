"""`faelles patron`: find and show patrons. Every look is logged with who looked."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.circulation.looking.operations import loans_of_patron
from faelles.doors.command.acting import Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, Most, show, show_table, tell
from faelles.doors.command.patron_shown import Portrait, show_portrait
from faelles.doors.command.unseen import Card
from faelles.doors.command.words import words
from faelles.fees.desk.operations import balances
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import PatronId
from faelles.patrons.looking.model import IdentifyPatron, PatronSummary, SearchPatrons
from faelles.patrons.looking.operations import holders, identify, search, show_patron
from faelles.people.model import Permission
from faelles.policies.operations import current_settings

app = typer.Typer(help=words("command_patron"), no_args_is_help=True)

Name = Annotated[str, typer.Argument(help=words("command_patron_name"), show_default=False)]


_MOST_LOANS = 1000


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
def show_one(scan: Card, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Portrait | list[PatronSummary]:
        asked = request(IdentifyPatron, {"scan": scan})
        found = await holders(desk.tx, desk.caller, desk.keyring, asked.scan)
        if len(found) == 1:
            return await _portrait(desk, found[0])
        candidates = await identify(desk.tx, desk.caller, desk.keyring, asked.scan)
        if not candidates:
            raise NotFoundError("command_patron_unknown")
        if len(candidates) > 1:
            return [candidate.patron for candidate in candidates]
        return await _portrait(desk, candidates[0].patron.id)

    found = as_staff(work, token=token, as_json=as_json)
    if isinstance(found, Portrait):
        _show_one(found, as_json=as_json)
    elif as_json:
        show(found)
    else:
        tell("command_patron_several")
        _show_summaries(found)


async def _portrait(desk: Desk, patron: PatronId) -> Portrait:
    tx, caller = desk.tx, desk.caller
    view = await show_patron(tx, caller, patron)
    return Portrait(
        patron=view,
        balances=await balances(tx, caller, patron, is_known=True) if caller.may(Permission.FEE_VIEW) else [],
        loans=await loans_of_patron(tx, caller, patron, limit=_MOST_LOANS, is_known=True),
        settings=await current_settings(tx),
    )


def _show_one(found: Portrait, *, as_json: bool) -> None:
    if as_json:
        show(found.as_json())
    else:
        show_portrait(found)


def _show_summaries(found: Sequence[PatronSummary]) -> None:
    show_table(
        ["command_id", "command_name", "command_card", "command_born", "command_street", "command_city"],
        [(each.id, each.name, each.card, each.birth_date, each.street, each.city) for each in found],
    )
