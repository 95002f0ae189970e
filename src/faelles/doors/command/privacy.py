"""`faelles privacy`: what is kept of people, for how long, and how it goes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from faelles.doors.command.acting import Desk, Token, as_staff
from faelles.doors.command.frame import NOT_UNDERSTOOD, SAYS_NO, with_runtime
from faelles.doors.command.operator import as_operator
from faelles.doors.command.output import AsJson, remark, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.doors.runtime import Runtime
from faelles.ground.database import Transaction
from faelles.ground.errors import invalid_field
from faelles.ground.i18n import text
from faelles.ground.ids import PatronId
from faelles.people.model import Caller
from faelles.privacy.consents.model import ConsentKind, ConsentLine, ConsentSet, SetConsent
from faelles.privacy.consents.operations import list_consents, set_consent
from faelles.privacy.erasing.model import Erased, ErasureLine, Replayed
from faelles.privacy.erasing.operations import erase as erase_patron
from faelles.privacy.erasing.replaying import list_erasures
from faelles.privacy.erasing.replaying import replay as replay_list
from faelles.privacy.model import Standing
from faelles.privacy.operations import report as report_of
from faelles.privacy.person.operations import person_file
from faelles.privacy.person.packing import packed
from faelles.privacy.record.model import Form, Record
from faelles.privacy.record.operations import record_of_processing
from faelles.privacy.record.printing import printed

app = typer.Typer(help=words("command_privacy"), no_args_is_help=True)

Patron = Annotated[int, typer.Argument(min=1, help=words("command_privacy_patron"), show_default=False)]
To = Annotated[Path, typer.Option("--to", help=words("command_privacy_to"), show_default=False)]
Give = Annotated[ConsentKind | None, typer.Option("--give", help=words("command_privacy_give"), show_default=False)]
Withdraw = Annotated[
    ConsentKind | None, typer.Option("--withdraw", help=words("command_privacy_withdraw"), show_default=False)
]
Version = Annotated[str | None, typer.Option("--version", help=words("command_privacy_version"), show_default=False)]
Day = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help=words("command_privacy_date"), show_default=False),
]
_LINES_AT_A_TIME = 5_000


@app.command("record", help=words("command_privacy_record"))
def record(
    *,
    form: Annotated[Form, typer.Option("--form", help=words("command_privacy_form"))] = Form.TEXT,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> Record:
        return await record_of_processing(desk.tx, desk.caller)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        typer.echo(printed(found, form, LANGUAGE))


@app.command("report", help=words("command_privacy_report"))
def report(*, day: Day = None, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[Standing]:
        return await report_of(desk.tx, desk.caller, day.date() if day else None)

    found = as_staff(work, token=token, as_json=as_json)
    over = sum(each.over for each in found)
    if as_json:
        show(found)
    else:
        columns = [f"privacy_column_{name}" for name in ("title", "rows", "oldest", "limit", "over")]
        show_table(columns, ((each.title, each.rows, each.oldest, each.kept_since, each.over) for each in found))
        tell("command_privacy_over", over=over) if over else tell("command_privacy_none_over")
    if over:
        raise typer.Exit(SAYS_NO)


@app.command("file", help=words("command_privacy_file"))
def file(patron: Patron, *, to: To, token: Token = None) -> None:
    async def work(desk: Desk) -> bytes:
        return packed(await person_file(desk.tx, desk.caller, desk.keyring, PatronId(patron)))

    to.write_bytes(as_staff(work, token=token))
    to.chmod(0o600)
    tell("command_privacy_written", file=to)


@app.command("consents", help=words("command_privacy_consents"))
def consents(
    patron: Patron,
    *,
    give: Give = None,
    withdraw: Withdraw = None,
    version: Version = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    async def work(desk: Desk) -> ConsentSet:
        if give is not None and withdraw is not None:
            raise invalid_field("--give", "command_privacy_give_or_withdraw")
        kind = give or withdraw
        if kind is None:
            known = await list_consents(desk.tx, desk.caller, PatronId(patron))
            return ConsentSet(consents=known, erased_loans=0)
        wanted = SetConsent(kind=kind, is_given=give is not None, text_version=version)
        return await set_consent(desk.tx, desk.caller, desk.keyring, PatronId(patron), wanted)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    _show_consents(found.consents)
    if found.erased_loans:
        tell("command_privacy_erased_loans", loans=found.erased_loans)


def _show_consents(lines: list[ConsentLine]) -> None:
    columns = [f"command_column_{name}" for name in ("kind", "given", "version", "withdrawn")]
    show_table(columns, ((each.kind, each.given_at, each.text_version, each.withdrawn_at) for each in lines))


@app.command("erase", help=words("command_privacy_erase"))
def erase(patron: Patron, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> Erased:
        return await erase_patron(desk.tx, desk.caller, desk.keyring, PatronId(patron))

    done = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(done)
        return
    tell("command_privacy_erased_before" if done.was_done_before else "command_privacy_erased", at=done.erased_at)
    for kept in done.kept:
        tell("command_privacy_kept", until=kept.until, why=text(kept.why, LANGUAGE))


@app.command("erasures", help=words("command_privacy_erasures"))
def erasures(*, to: To) -> None:
    """Of every agency, a line each, as JSON."""
    lines = with_runtime(_all_lines)
    to.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    to.chmod(0o600)
    tell("command_privacy_list_written", lines=len(lines), file=to)


async def _all_lines(runtime: Runtime) -> list[ErasureLine]:
    from faelles.doors.worker.working import homes  # noqa: PLC0415 - the worker, which others need not load

    lines: list[ErasureLine] = []
    for home in await homes(runtime.database):
        after = 0
        while page := await as_operator(runtime, home.agency, _lines_after(after)):
            lines += [line for _, line in page]
            after = page[-1][0]
    return lines


def _lines_after(after: int) -> Callable[[Transaction, Caller], Awaitable[list[tuple[int, ErasureLine]]]]:
    return lambda tx, caller: list_erasures(tx, caller, after=after, limit=_LINES_AT_A_TIME)


@app.command("replay", help=words("command_privacy_replay"))
def replay(
    source: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=words("command_privacy_list"))],
    *,
    as_json: AsJson = False,
) -> None:
    done = with_runtime(lambda runtime: _replay_all(runtime, _read(source)), as_json=as_json)
    if as_json:
        show(done)
    else:
        for isil, replayed in done.items():
            tell("command_privacy_replayed", isil=isil, **msgspec.structs.asdict(replayed))
    if any(replayed.held for replayed in done.values()):
        raise typer.Exit(SAYS_NO)


def _read(source: Path) -> list[ErasureLine]:
    lines = []
    for number, line in enumerate(source.read_bytes().splitlines(), start=1):
        try:
            lines.append(msgspec.json.decode(line, type=ErasureLine))
        except msgspec.DecodeError:
            remark(words("command_privacy_list_not_read", line=number))
            raise typer.Exit(NOT_UNDERSTOOD) from None
    return lines


async def _replay_all(runtime: Runtime, lines: list[ErasureLine]) -> dict[str, Replayed]:
    from faelles.doors.worker.working import homes  # noqa: PLC0415 - as above

    done: dict[str, Replayed] = {}
    for home in await homes(runtime.database):
        own = [line for line in lines if line.isil == home.isil]
        if own:
            done[home.isil] = await as_operator(runtime, home.agency, _replaying(runtime, own))
    return done


def _replaying(runtime: Runtime, lines: list[ErasureLine]) -> Callable[[Transaction, Caller], Awaitable[Replayed]]:
    return lambda tx, caller: replay_list(tx, caller, runtime.keyring, lines)
