"""`faelles booking`: copies kept for somebody from one day to another: booked, changed, packed, lent, given up."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.bookings import operations
from faelles.bookings.lending import HandedOut, lend_booking
from faelles.bookings.model import (
    BookAll,
    Booked,
    Booking,
    BookingOutcome,
    BranchInformation,
    CancelBookings,
    ChangeBooking,
    LendBooking,
    ToPack,
)
from faelles.circulation.loans.model import Outcome
from faelles.doors.command.acting import Branch, Desk, Token, as_staff, branch_with_code, request
from faelles.doors.command.blocks_shown import show_blocks
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.patron_meant import patron_meant
from faelles.doors.command.unseen import Card
from faelles.doors.command.words import words
from faelles.ground.ids import BranchId, RecordId
from faelles.policies.operations import current_settings

app = typer.Typer(no_args_is_help=True, help=words("command_booking"))

Id = Annotated[int, typer.Argument(help=words("command_booking_id"), show_default=False)]
FirstDay = Annotated[str | None, typer.Option("--from", help=words("command_booking_from"), show_default=False)]
LastDay = Annotated[str | None, typer.Option("--to", help=words("command_booking_to"), show_default=False)]
Copies = Annotated[int | None, typer.Option("--copies", help=words("command_booking_copies"), show_default=False)]
Least = Annotated[int | None, typer.Option("--least", help=words("command_booking_least"), show_default=False)]
Deliver = Annotated[str | None, typer.Option("--deliver-to", help=words("command_booking_deliver"), show_default=False)]
Note = Annotated[str | None, typer.Option("--note", help=words("command_booking_note"), show_default=False)]
Key = Annotated[str | None, typer.Option(help=words("command_key"), show_default=False)]


@app.command("place", help=words("command_booking_place"))
def place(
    card: Card,
    record: Annotated[int, typer.Argument(help=words("command_record"), show_default=False)],
    *,
    first_day: Annotated[str, typer.Option("--from", help=words("command_booking_from"), show_default=False)],
    last_day: Annotated[str, typer.Option("--to", help=words("command_booking_to"), show_default=False)],
    copies: Annotated[int, typer.Option("--copies", help=words("command_booking_copies"))] = 1,
    least: Least = None,
    branch: Branch = None,
    deliver_to: Deliver = None,
    note: Note = None,
    key: Key = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[Booked]:
        lender = await desk.branch(branch)
        wish = {
            "record": record,
            "from_branch": lender,
            "delivery_branch": await _delivery(desk, deliver_to) or lender,
            "first_day": first_day,
            "last_day": last_day,
            "wanted": copies,
            "minimum": least,
            "note": note,
        }
        given = {name: value for name, value in wish.items() if value is not None}
        wanted = request(BookAll, {"bookings": [given]})
        return await operations.book(desk.tx, desk.caller, await patron_meant(desk, card), wanted, key=key)

    _show_booked(as_staff(work, token=token, as_json=as_json)[0], as_json=as_json)


@app.command("list", help=words("command_booking_list"))
def list_bookings(card: Card, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Booking]:
        patron = await patron_meant(desk, card)
        return await operations.list_bookings(desk.tx, desk.caller, patron, limit=200)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show_bookings(found)


@app.command("show", help=words("command_booking_show"))
def show_one(card: Card, booking: Id, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Booking:
        return await operations.show_booking(desk.tx, desk.caller, await patron_meant(desk, card), booking)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    _show_bookings([found])
    if found.note:
        typer.echo(found.note)


@app.command("change", help=words("command_booking_change"))
def change(
    card: Card,
    booking: Id,
    *,
    first_day: FirstDay = None,
    last_day: LastDay = None,
    copies: Copies = None,
    least: Least = None,
    deliver_to: Deliver = None,
    note: Note = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> Booked:
        wish = {
            "first_day": first_day,
            "last_day": last_day,
            "wanted": copies,
            "minimum": least,
            "delivery_branch": await _delivery(desk, deliver_to),
            "note": note,
        }
        patron = await patron_meant(desk, card)
        return await operations.change_booking(desk.tx, desk.caller, patron, booking, request(ChangeBooking, wish))

    _show_booked(as_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("cancel", help=words("command_booking_cancel"))
def cancel(
    card: Card,
    bookings: Annotated[list[int], typer.Argument(help=words("command_booking_id"), show_default=False)],
    *,
    token: Token = None,
) -> None:
    async def work(desk: Desk) -> None:
        given_up = request(CancelBookings, {"bookings": bookings})
        await operations.cancel_bookings(desk.tx, desk.caller, await patron_meant(desk, card), given_up)

    as_staff(work, token=token)
    tell("command_booking_cancelled")


@app.command("free", help=words("command_booking_free"))
def free(
    record: Annotated[int, typer.Argument(help=words("command_record"), show_default=False)],
    *,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> tuple[list[BranchInformation], dict[int, str]]:
        told = await operations.booking_information(desk.tx, desk.caller, RecordId(record))
        branches = (await current_settings(desk.tx)).directory.branches
        return told, {each.branch: branches[each.branch].code for each in told}

    found, code_of = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        show_table(
            ["command_booking_branch", "command_booking_copies_column", "command_booking_taken"],
            [
                (
                    code_of[each.branch],
                    each.copies,
                    "; ".join(f"{taken.first_day} .. {taken.last_day}: {taken.wanted}" for taken in each.booked),
                )
                for each in found
            ],
        )


@app.command("pack", help=words("command_booking_pack"))
def pack(
    *,
    branch: Branch = None,
    days: Annotated[int, typer.Option(min=0, max=60, help=words("command_booking_days"))] = 7,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[ToPack]:
        return await operations.list_to_pack(desk.tx, desk.caller, await desk.branch(branch), days=days)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        show_table(
            ["command_booking_column", "command_booking_first_day", "command_item_column", "command_title_column"],
            [(each.booking, each.first_day, each.item_number, each.title) for each in found],
        )


@app.command("lend", help=words("command_booking_lend"))
def lend(
    booking: Id,
    *,
    items: Annotated[list[str] | None, typer.Option("--item", help=words("command_item"), show_default=False)] = None,
    branch: Branch = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> list[HandedOut]:
        wanted = request(LendBooking, {"branch": await desk.branch(branch), "items": items})
        return await lend_booking(desk.tx, desk.caller, desk.keyring, booking, wanted)

    done = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(done)
    else:
        for each in done:
            is_lent = each.answer.outcome is Outcome.LENT
            tell(
                "command_booking_lent" if is_lent else "command_booking_not_lent",
                item=each.item_number,
                due_on=each.answer.due_on or "",
            )
            show_blocks(each.answer.blocks)
    if any(each.answer.outcome is not Outcome.LENT for each in done):
        raise typer.Exit(SAYS_NO)


def _show_booked(answer: Booked, *, as_json: bool) -> None:
    if as_json:
        show(answer)
    else:
        tell(f"booking_outcome_{answer.outcome}")
        if answer.booking is not None:
            _show_bookings([answer.booking])
    if answer.outcome is not BookingOutcome.BOOKED:
        raise typer.Exit(SAYS_NO)


def _show_bookings(found: Sequence[Booking]) -> None:
    show_table(
        [
            "command_booking_column",
            "command_record_column",
            "command_booking_first_day",
            "command_booking_last_day",
            "command_booking_copies_column",
            "command_state",
        ],
        [
            (
                each.id,
                each.record,
                each.first_day,
                each.last_day,
                f"{each.copies + each.stocked} / {each.wanted}",
                words(f"booking_state_{each.state}"),
            )
            for each in found
        ],
    )


async def _delivery(desk: Desk, code: str | None) -> BranchId | None:
    return await branch_with_code(desk.tx, desk.caller, code, "--deliver-to") if code else None
