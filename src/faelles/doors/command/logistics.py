"""`faelles logistics`: what is to be fetched, what stands on the hold shelf, what is on its way."""

from datetime import date
from typing import Annotated

import msgspec
import typer

from faelles.circulation.desk.issues import titled
from faelles.circulation.picking import operations as picking
from faelles.circulation.picking.model import ClaimPicks, Missed, NotOnShelf, Pick
from faelles.circulation.picking.printout import printed
from faelles.circulation.shelf import operations as shelf
from faelles.circulation.shelf.model import OnShelf, ToClear
from faelles.circulation.transit import operations as transit
from faelles.circulation.transit import rounds
from faelles.circulation.transit.model import (
    BookHandedOver,
    ForeignShown,
    HandedOver,
    HandOver,
    JourneyShown,
    RouteSheet,
    SendItem,
)
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, branch_with_code, request
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, Most, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.errors import invalid_field
from faelles.ground.ids import BranchId
from faelles.policies.operations import current_settings

app = typer.Typer(no_args_is_help=True, help=words("command_logistics"))

Day = Annotated[str | None, typer.Option(help=words("command_route_day"), show_default=False)]
Van = Annotated[int, typer.Argument(help=words("command_van"), show_default=False)]
Hold = Annotated[int, typer.Argument(help=words("command_hold_id"), show_default=False)]
Item = Annotated[str, typer.Argument(help=words("command_item_number"), show_default=False)]
Looked = Annotated[str | None, typer.Argument(help=words("command_item_number"), show_default=False)]
Claim = Annotated[bool, typer.Option("--claim", help=words("command_claim_picks"))]
Overdue = Annotated[bool, typer.Option("--overdue", help=words("command_only_overdue"))]


@app.command("picks", help=words("command_picks"))
def picks(
    *, branch: Branch = None, claim: Claim = False, limit: Most = 50, token: Token = None, as_json: AsJson = False
) -> None:
    async def work(desk: Desk) -> list[Pick]:
        here = await desk.branch(branch)
        if claim:
            return await picking.claim_picks(desk.tx, desk.caller, request(ClaimPicks, {"branch": here, "most": limit}))
        return await picking.list_picks(desk.tx, desk.caller, here, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    for line in printed(found, LANGUAGE):
        typer.echo(line)


@app.command("not-on-shelf", help=words("command_not_on_shelf"))
def not_on_shelf(hold: Hold, item: Looked = None, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> int:
        return await picking.note_not_on_shelf(desk.tx, desk.caller, request(NotOnShelf, {"hold": hold, "item": item}))

    tries = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show({"tries": tries})
    else:
        tell("command_tries", tries=tries)


@app.command("shelf", help=words("command_hold_shelf"))
def hold_shelf(*, branch: Branch = None, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[OnShelf]:
        return await shelf.list_shelf(desk.tx, desk.caller, await desk.branch(branch), limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_shelf", "command_title_column", "command_item_number", "command_pickup_deadline"],
        [(each.number, titled(each, LANGUAGE), each.item_number, each.pickup_deadline) for each in found],
    )


@app.command("to-clear", help=words("command_to_clear"))
def to_clear(*, branch: Branch = None, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[ToClear]:
        return await shelf.list_to_clear(desk.tx, desk.caller, await desk.branch(branch), limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_shelf", "command_title_column", "command_item_number", "command_why", "command_goes_to"],
        [
            (
                each.number,
                titled(each, LANGUAGE),
                each.item_number,
                words(f"web_hold_closed_{each.why}"),
                words(f"command_clear_{each.goes_to}"),
            )
            for each in found
        ],
    )


@app.command("journeys", help=words("command_journeys"))
def journeys(*, overdue: Overdue = False, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[JourneyShown]:
        return await transit.list_journeys(desk.tx, desk.caller, only_overdue=overdue, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_item_number", "command_title_column", "command_why", "command_sent_at", "command_overdue_since"],
        [
            (each.item_number, each.title, words(f"journey_reason_{each.reason}"), each.sent_at, each.overdue_since)
            for each in found
        ],
    )


@app.command("send", help=words("command_send_item"))
def send(
    item: Item,
    *,
    to: Annotated[str, typer.Option("--to", help=words("command_crate_to"), show_default=False)],
    branch: Branch = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> JourneyShown:
        there = await branch_with_code(desk.tx, desk.caller, to, "--to")
        values = {"item": item, "branch": await desk.branch(branch), "to": there}
        return await transit.send_item(desk.tx, desk.caller, request(SendItem, values))

    sent = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(sent)
    else:
        tell("command_item_sent", item=sent.item_number)


@app.command("searches", help=words("command_searches"))
def searches(*, branch: Branch = None, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Missed]:
        here = None if branch is None else await desk.branch(branch)
        return await picking.list_searches(desk.tx, desk.caller, branch=here, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_search", "command_title_column", "command_item_number", "command_placement", "command_missed_at"],
        [(each.id, titled(each, LANGUAGE), each.item_number, " / ".join(each.shelf), each.missed_at) for each in found],
    )


@app.command("give-up-search", help=words("command_give_up_search"))
def give_up_search(
    search: Annotated[int, typer.Argument(help=words("command_search"), show_default=False)],
    *,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> None:
        await picking.give_up_search(desk.tx, desk.caller, search)

    as_staff(work, token=token, as_json=as_json)
    if not as_json:
        tell("command_search_given_up", search=search)


@app.command("foreign", help=words("command_foreign"))
def foreign(*, branch: Branch = None, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[ForeignShown]:
        here = None if branch is None else await desk.branch(branch)
        return await transit.list_foreign(desk.tx, desk.caller, branch=here, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_book", "command_item_number", "command_found_at"],
        [(each.id, each.item_number, each.found_at) for each in found],
    )


@app.command("hand-over", help=words("command_hand_over"))
def hand_over(
    books: Annotated[list[int], typer.Argument(help=words("command_book"), show_default=False)],
    *,
    branch: Branch = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> tuple[list[BookHandedOver], dict[BranchId, str]]:
        values = {"branch": await desk.branch(branch), "books": books}
        answers = await transit.hand_over(desk.tx, desk.caller, request(HandOver, values))
        known = (await current_settings(desk.tx)).directory.branches
        return answers, {each: found.name for each, found in known.items()}

    handed, names = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(handed)
    else:
        for each in handed:
            where = "" if each.branch is None else names[each.branch]
            tell(f"command_hand_over_{each.outcome}", book=each.book, branch=where)
    if any(each.outcome is not HandedOver.HANDED_OVER for each in handed):
        raise typer.Exit(SAYS_NO)


@app.command("route-sheet", help=words("command_route_sheet"))
def route_sheet(van: Van, *, day: Day = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> RouteSheet:
        return await rounds.show_route_sheet(desk.tx, desk.caller, van, _day(day))

    sheet = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(sheet)
        return
    show_table(
        ["command_stop", "command_calls_at", "command_fetch", "command_leave", "command_foreign_books"],
        [
            (
                stop.name,
                stop.calls_at and f"{stop.calls_at:%H:%M}",
                ", ".join(f"{load.copies}: {load.name}" for load in stop.fetch),
                ", ".join(f"{load.copies}: {load.name}" for load in stop.leave),
                stop.foreign or None,
            )
            for stop in sheet.stops
        ],
        title=sheet.name,
    )


def _day(typed: str | None) -> date | None:
    """As yyyy-mm-dd."""
    try:
        return None if typed is None else msgspec.convert(typed, date)
    except msgspec.ValidationError:
        raise invalid_field("--day", "command_day_unknown") from None
