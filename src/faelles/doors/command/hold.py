"""`faelles hold`: placing, listing, cancelling and moving holds, and why they stand where they stand."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.circulation.desk.issues import with_issue
from faelles.circulation.holds import changing, operations, reading
from faelles.circulation.holds.model import (
    CancelHolds,
    Cancelled,
    CancelOutcome,
    ChangeHold,
    HoldExplained,
    HoldShown,
    InQueue,
    MoveHold,
    MoveTo,
    PlaceHolds,
    Placing,
    Together,
)
from faelles.circulation.unfillable.model import UnfillableHold
from faelles.circulation.unfillable.operations import cancel_unfillable, list_unfillable
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request
from faelles.doors.command.blocks_shown import show_blocks
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.patron_meant import patron_meant
from faelles.doors.command.unseen import AnyCard, Card
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.errors import invalid_field
from faelles.ground.i18n import text
from faelles.ground.ids import HoldId, RecordId

app = typer.Typer(no_args_is_help=True, help=words("command_hold"))

Hold = Annotated[int, typer.Argument(help=words("command_hold_id"), show_default=False)]
Record = Annotated[int | None, typer.Option(help=words("command_record"), show_default=False)]
Records = Annotated[
    list[int] | None, typer.Option("--record", help=words("command_wanted_records"), show_default=False)
]
Overrides = Annotated[list[str] | None, typer.Option("--override", help=words("command_override"), show_default=False)]
Until = Annotated[str | None, typer.Option(help=words("command_interest_until"), show_default=False)]
ActiveFrom = Annotated[str | None, typer.Option(help=words("command_active_from"), show_default=False)]
Reason = Annotated[str | None, typer.Option(help=words("command_reason"), show_default=False)]


@app.command("place", help=words("command_hold_place"))
def place(
    card: Card,
    *,
    records: Records = None,
    issue: Annotated[int | None, typer.Option(help=words("command_issue"), show_default=False)] = None,
    item: Annotated[str | None, typer.Option(help=words("command_item"), show_default=False)] = None,
    material_group: Annotated[int | None, typer.Option(help=words("command_wanted_group"), show_default=False)] = None,
    together: Annotated[Together, typer.Option(help=words("command_together"))] = Together.PARALLEL,
    keep_granted: Annotated[bool, typer.Option("--keep-granted", help=words("command_keep_granted"))] = False,
    branch: Branch = None,
    until: Until = None,
    active_from: ActiveFrom = None,
    override: Overrides = None,
    reason: Reason = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=words("command_dry_run"))] = False,
    key: Annotated[str | None, typer.Option(help=words("command_key"), show_default=False)] = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> Placing:
        titles: Sequence[int | None] = records or (None,)
        wishes = [_wish(record, issue, item, material_group) for record in titles]
        values = {
            "patron": {"card": card},
            "wishes": wishes,
            "together": together,
            "all_or_nothing": not keep_granted,
            "pickup": await desk.branch(branch),
            "interest_until": until,
            "active_from": active_from,
            "overrides": override,
            "reason": reason,
            "dry_run": dry_run,
        }
        return await operations.place_holds(desk.tx, desk.caller, desk.keyring, request(PlaceHolds, values), key)

    placing = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(placing)
    else:
        _show_placing(placing)
    if placing.is_refused:
        raise typer.Exit(SAYS_NO)


def _show_placing(placing: Placing) -> None:
    for each in placing.holds:
        title, hold, position = each.title or "", each.hold or "", each.position or ""
        tell(f"command_hold_{each.outcome}", title=title, hold=hold, position=position)
        show_blocks(each.blocks)


@app.command("list", help=words("command_hold_list"))
def list_holds(
    card: AnyCard = None,
    *,
    record: Record = None,
    branch: Annotated[str | None, typer.Option(help=words("command_pickup_branch"), show_default=False)] = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[HoldShown]:
        if sum(each is not None for each in (card, record, branch)) > 1:
            raise invalid_field("card", "command_only_one", options="CARD, --record, --branch")
        if card is not None:
            return await reading.holds_of_patron(desk.tx, desk.caller, await patron_meant(desk, card), limit=200)
        if record is not None:
            holds, _ = await reading.holds_of_title(desk.tx, desk.caller, RecordId(record), limit=200)
            return holds
        return await reading.holds_at_branch(desk.tx, desk.caller, await desk.branch(branch), limit=200)

    holds = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(holds)
    else:
        show_table(
            ["command_hold_column", "command_title_column", "command_state", "command_position", "command_shelf"],
            [
                (each.id, _titled(each), words(f"hold_state_{each.state}"), each.position, each.shelf_number)
                for each in holds
            ],
        )


@app.command("change", help=words("command_hold_change"))
def change(
    hold: Hold,
    *,
    pickup: Annotated[str | None, typer.Option(help=words("command_pickup_branch"), show_default=False)] = None,
    until: Until = None,
    active_from: ActiveFrom = None,
    override: Overrides = None,
    reason: Reason = None,
    token: Token = None,
) -> None:
    async def work(desk: Desk) -> None:
        values = {
            "pickup": None if pickup is None else await desk.branch(pickup, "--pickup"),
            "interest_until": until,
            "active_from": active_from,
            "overrides": override,
            "reason": reason,
        }
        await changing.change_hold(desk.tx, desk.caller, HoldId(hold), request(ChangeHold, values))

    as_staff(work, token=token, as_json=False)
    tell("command_hold_changed", hold=hold)


@app.command("cancel", help=words("command_hold_cancel"))
def cancel(
    holds: Annotated[list[int], typer.Argument(help=words("command_hold_id"), show_default=False)],
    *,
    title_gone: Annotated[bool, typer.Option("--title-gone", help=words("command_hold_title_gone"))] = False,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[Cancelled]:
        cancelling = cancel_unfillable if title_gone else changing.cancel_holds
        return await cancelling(desk.tx, desk.caller, request(CancelHolds, {"holds": holds}))

    answers = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answers)
    else:
        for each in answers:
            tell(f"command_cancel_{each.outcome}", hold=each.hold)
    if any(each.outcome is not CancelOutcome.CANCELLED for each in answers):
        raise typer.Exit(SAYS_NO)


@app.command("unfillable", help=words("command_hold_unfillable"))
def unfillable(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[UnfillableHold]:
        return await list_unfillable(desk.tx, desk.caller, limit=200)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        show_table(
            ["command_hold_column", "command_title_column", "command_why", "command_since"],
            [
                (
                    each.hold.id,
                    _titled(each.hold),
                    each.told(LANGUAGE),
                    each.since,
                )
                for each in found
            ],
        )


@app.command("move", help=words("command_hold_move"))
def move(
    hold: Hold,
    *,
    to: Annotated[MoveTo | None, typer.Option(help=words("command_move_to"), show_default=False)] = None,
    before: Annotated[int | None, typer.Option(help=words("command_move_before"), show_default=False)] = None,
    reason: Annotated[str, typer.Option(help=words("command_reason"), show_default=False)],
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> int:
        values = {"to": to, "before": before, "reason": reason}
        return await changing.move_hold(desk.tx, desk.caller, HoldId(hold), request(MoveHold, values))

    position = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show({"position": position})
    else:
        tell("command_hold_moved", position=position)


@app.command("put-back", help=words("command_hold_put_back"))
def put_back(hold: Hold, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> None:
        await changing.put_back_hold(desk.tx, desk.caller, HoldId(hold))

    as_staff(work, token=token, as_json=as_json)
    if not as_json:
        tell("command_hold_was_put_back", hold=hold)


@app.command("why", help=words("command_hold_why"))
def why(hold: Hold, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> HoldExplained:
        return await reading.explain_hold(desk.tx, desk.caller, HoldId(hold))

    explained = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(explained)
        return
    shown = explained.hold
    tell("command_hold_line", title=_titled(shown), state=words(f"hold_state_{shown.state}"))
    if explained.wait is not None and explained.wait.days is not None:
        tell("command_wait_line", days=explained.wait.days, position=explained.wait.position)
    if explained.queue:
        show_table(
            ["command_position", "command_hold_column", "command_item_column", "command_why"],
            [(each.position, each.hold, each.item_number, _why(each)) for each in explained.queue],
        )
    if explained.log:
        show_table(
            ["command_when", "command_what", "command_item_column", "command_details"],
            [
                (each.at, text(f"hold_log_{each.outcome}", LANGUAGE), each.item_number, _flat(each.details))
                for each in explained.log
            ],
        )


def _titled(hold: HoldShown) -> str:
    return with_issue(hold.title, hold.issue_named, LANGUAGE)


def _wish(record: int | None, issue: int | None, item: str | None, material_group: int | None) -> dict[str, object]:
    values = {"record": record, "issue": issue, "item": item, "material_group": material_group}
    return {name: value for name, value in values.items() if value is not None}


def _why(each: InQueue) -> str:
    code = f"why_not_{each.why_not}" if each.why_not else f"why_this_{each.reach}"
    return text(code, LANGUAGE, {"position": each.position, "days": each.days or 0})


def _flat(details: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in details.items())
