"""`faelles checkout`, `return`, `renew`: the desk, when there is nothing but a terminal."""

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.circulation.loans import operations
from faelles.circulation.loans.model import (
    CheckoutAnswer,
    CheckoutRequest,
    ItemShown,
    Outcome,
    RenewalAnswer,
    RenewalRequest,
    ReturnAnswer,
    ReturnRequest,
)
from faelles.circulation.transit.model import Stop
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, request
from faelles.doors.command.blocks_shown import show_blocks
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.unseen import Card
from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.i18n import text

Item = Annotated[str, typer.Argument(help=words("command_item"), show_default=False)]
Loans = Annotated[list[int] | None, typer.Argument(help=words("command_loans"), show_default=False)]
Overrides = Annotated[list[str] | None, typer.Option("--override", help=words("command_override"), show_default=False)]
Reason = Annotated[str | None, typer.Option(help=words("command_reason"), show_default=False)]
Due = Annotated[str | None, typer.Option("--due-on", help=words("command_due_on"), show_default=False)]
When = Annotated[str | None, typer.Option("--at", help=words("command_happened_at"), show_default=False)]
Found = Annotated[bool, typer.Option("--found", help=words("command_found"))]
DryRun = Annotated[bool, typer.Option("--dry-run", help=words("command_dry_run"))]
Key = Annotated[str | None, typer.Option(help=words("command_key"), show_default=False)]

_DANISH_DAY = re.compile(r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4})")


def add_to(app: typer.Typer) -> None:
    panel = words("command_panel_staff")
    app.command("checkout", help=words("command_checkout"), rich_help_panel=panel)(checkout)
    app.command("return", help=words("command_return"), rich_help_panel=panel)(take_back)
    app.command("renew", help=words("command_renew"), rich_help_panel=panel)(renew)


def checkout(
    card: Card,
    item: Item,
    *,
    branch: Branch = None,
    due_on: Due = None,
    at: When = None,
    override: Overrides = None,
    reason: Reason = None,
    dry_run: DryRun = False,
    key: Key = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> CheckoutAnswer:
        values = {
            "borrower": {"card": card},
            "item": item,
            "branch": await desk.branch(branch),
            "due_on": _day(due_on),
            "lent_at": at,
            "overrides": override,
            "reason": reason,
            "dry_run": dry_run,
        }
        return await operations.checkout(desk.tx, desk.caller, desk.keyring, request(CheckoutRequest, values), key)

    answer = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answer)
    else:
        _show_outcome(answer.outcome, answer.item)
        _show_terms(answer)
        _show_remarks(answer.warnings, answer.item, answer.charged_ore)
        show_blocks(answer.blocks)
    _end_with([answer.outcome])


def take_back(
    item: Item,
    *,
    branch: Branch = None,
    at: When = None,
    found: Found = False,
    dry_run: DryRun = False,
    key: Key = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> ReturnAnswer:
        here = await desk.branch(branch)
        values = {"item": item, "branch": here, "returned_at": at, "found": found, "dry_run": dry_run}
        return await operations.return_item(desk.tx, desk.caller, request(ReturnRequest, values), key)

    answer = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answer)
    else:
        _show_outcome(answer.outcome, answer.item)
        _show_next(answer)
        _show_reasons(answer)
        _show_remarks(answer.warnings, answer.item, answer.charged_ore)
        show_blocks(answer.blocks)
    _end_with([answer.outcome])


def renew(
    loans: Loans = None,
    *,
    item: Annotated[str | None, typer.Option(help=words("command_item"), show_default=False)] = None,
    patron: Annotated[int | None, typer.Option(help=words("command_patron_id"), show_default=False)] = None,
    branch: Branch = None,
    override: Overrides = None,
    reason: Reason = None,
    dry_run: DryRun = False,
    key: Key = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[RenewalAnswer]:
        values = {
            "loans": loans,
            "item": item,
            "patron": patron,
            "branch": await desk.branch(branch),
            "overrides": override,
            "reason": reason,
            "dry_run": dry_run,
        }
        return await operations.renew(desk.tx, desk.caller, request(RenewalRequest, values), key)

    answers = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(answers)
    elif answers:
        _show_renewals(answers)
    else:
        tell("command_nothing_to_renew")
    _end_with([answer.outcome for answer in answers])


def _day(typed: str | None) -> str | None:
    """24.12.2026 as 2026-12-24; anything else as it was typed, for the request to judge."""
    found = _DANISH_DAY.fullmatch(typed or "")
    return f"{found['year']}-{found['month']:0>2}-{found['day']:0>2}" if found else typed


def _show_renewals(answers: Sequence[RenewalAnswer]) -> None:
    show_table(
        ["command_loan", "command_title_column", "command_outcome", "command_due", "command_why"],
        [
            (
                each.loan,
                each.item and each.item.title,
                words(f"command_outcome_{each.outcome}"),
                each.due_on,
                " ".join(text(block.code, LANGUAGE, block.parameters) for block in each.blocks),
            )
            for each in answers
        ],
    )


def _show_outcome(outcome: Outcome, item: ItemShown | None) -> None:
    said = words(f"command_outcome_{outcome}")
    if item is None:
        tell("command_outcome_alone", outcome=said)
    else:
        tell("command_outcome_line", outcome=said, title=item.title, number=item.number)


def _show_terms(answer: CheckoutAnswer) -> None:
    if answer.due_on is not None:
        tell("command_due_line", due=answer.due_on)
    if answer.loan is not None:
        tell("command_loan_line", loan=answer.loan)


def _show_next(answer: ReturnAnswer) -> None:
    if answer.days_overdue:
        tell("command_days_overdue", days=answer.days_overdue)
    if answer.next is None:
        return
    if answer.next.shelf_number is not None:
        tell("stop_hold_shelf_number", number=answer.next.shelf_number)
    elif answer.next.stop in {Stop.HOLD_SHELF, Stop.ALERT}:
        tell(f"stop_{answer.next.stop}")
    elif answer.next.stays:
        tell("command_shelve")
    elif answer.next.branch is None and answer.next.name is not None:
        tell("command_send_home", agency=answer.next.name)
    elif answer.next.branch is not None:
        tell("command_send_to_branch", branch=answer.next.name or answer.next.branch)


def _show_reasons(answer: ReturnAnswer) -> None:
    """Why the copy goes where it goes."""
    for why in answer.next.why if answer.next else ():
        tell(f"why_{why.code}", **why.parameters)


def _show_remarks(warnings: Sequence[str], item: ItemShown | None, charged_ore: int) -> None:
    """What the desk should know: warnings, the item's notes, and money that became due."""
    for warning in warnings:
        tell(warning)
    for note in item.notes if item else ():
        tell("command_item_note", note=note)
    for part in item.missing_parts if item else ():
        tell("command_part_missing", part=part)
    if charged_ore:
        tell("command_charged", charged_ore=charged_ore)


def _end_with(outcomes: Sequence[Outcome]) -> None:
    """Exit as a program that was told no, so that scripts notice."""
    if Outcome.REFUSED in outcomes:
        raise typer.Exit(SAYS_NO)
