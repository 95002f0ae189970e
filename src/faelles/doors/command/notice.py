"""`faelles notice`: try out a wording, see what was sent to a patron, deal with what nobody took."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from faelles.doors.command.acting import Desk, Token, as_staff, request
from faelles.doors.command.output import AsJson, Most, show, show_table, tell
from faelles.doors.command.words import words
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.notices.looking import operations as looking
from faelles.notices.looking.model import MessageLine, SentAgain
from faelles.notices.model import Form
from faelles.notices.templates import operations as templates
from faelles.notices.templates.model import Preview, PreviewNotice

app = typer.Typer(help=words("command_notice"), no_args_is_help=True)

KindName = Annotated[str, typer.Argument(help=words("command_notice_kind"), show_default=False)]
Patron = Annotated[int | None, typer.Option("--patron", help=words("command_notice_patron"), show_default=False)]
InForm = Annotated[Form, typer.Option("--form", help=words("command_notice_form"))]
InLanguage = Annotated[Language | None, typer.Option("--in", help=words("command_notice_language"), show_default=False)]
Wording = Annotated[
    Path | None,
    typer.Option("--wording", exists=True, dir_okay=False, help=words("command_notice_wording"), show_default=False),
]
Message = Annotated[int, typer.Argument(help=words("command_notice_message"), show_default=False)]


@app.command("preview", help=words("command_notice_preview"))
def preview(
    kind: KindName,
    *,
    patron: Patron = None,
    form: InForm = Form.FULL,
    language: InLanguage = None,
    wording: Wording = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    given = {
        "kind": kind,
        "patron": patron,
        "form": form.value,
        "language": language.value if language else None,
        "body": wording.read_text(encoding="utf-8") if wording else None,
    }

    async def work(desk: Desk) -> Preview:
        return await templates.preview(desk.tx, desk.caller, request(PreviewNotice, given))

    seen = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(seen)
        return
    typer.echo(f"{seen.subject}\n\n{seen.text}")
    if seen.is_made_up:
        tell("command_notice_made_up")


@app.command("list", help=words("command_notice_list"))
def list_messages(*, patron: Patron = None, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    """Of a patron; without one, what could not be delivered."""

    async def work(desk: Desk) -> list[MessageLine]:
        if patron is None:
            return await looking.undeliverable(desk.tx, desk.caller, after=0, limit=limit)
        return await looking.list_messages(desk.tx, desk.caller, PatronId(patron), before=None, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show(found)


@app.command("resend", help=words("command_notice_resend"))
def resend(message: Message, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> SentAgain:
        return await looking.resend(desk.tx, desk.caller, message)

    done = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(done)
    else:
        tell("command_notice_resent", notices=done.notices)


@app.command("hand-over", help=words("command_notice_hand_over"))
def hand_over(message: Message, *, token: Token = None) -> None:
    as_staff(lambda desk: looking.hand_over(desk.tx, desk.caller, message), token=token)
    tell("command_notice_noted")


@app.command("settle", help=words("command_notice_settle"))
def settle(message: Message, *, token: Token = None) -> None:
    as_staff(lambda desk: looking.settle(desk.tx, desk.caller, message), token=token)
    tell("command_notice_noted")


def _show(lines: Sequence[MessageLine]) -> None:
    show_table(
        [
            "command_id",
            "command_notice_when",
            "command_notice_channel",
            "command_notice_state",
            "command_notice_kinds",
            "command_notice_failure",
        ],
        [
            (
                line.id,
                line.sent_at or line.composed_at,
                words(f"channel_{line.channel}"),
                words(f"message_{line.state}"),
                ", ".join(words(f"notice_{kind}") for kind in line.kinds),
                line.failure,
            )
            for line in lines
        ],
    )
