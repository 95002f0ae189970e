"""`faelles debt`: notices of exclusion, and what passes between the library and the debtor system."""

from typing import Annotated

import typer

from faelles.doors.command.acting import Desk, Token, as_staff, checked, with_staff
from faelles.doors.command.frame import SAYS_NO
from faelles.doors.command.output import AsJson, remark, show, show_table, tell
from faelles.doors.command.words import LANGUAGE, words
from faelles.doors.runtime import Runtime
from faelles.fees.debt import importing, operations, reconciling
from faelles.fees.debt.model import Answer, AnswerKind, Exported, FilesImported, Mismatch, SettleAnswer, SettleFile
from faelles.fees.desk import operations as desk_operations
from faelles.fees.desk.model import StatementLine
from faelles.fees.exclusion.model import StandingNotice
from faelles.fees.exclusion.operations import list_standing, write_notices
from faelles.fees.model import ChargeKind
from faelles.fees.payments.model import Outside
from faelles.ground.i18n import money_text
from faelles.ground.ids import ChargeId, PatronId
from faelles.people.model import Caller

app = typer.Typer(help=words("command_debt"), no_args_is_help=True)

Patron = Annotated[int, typer.Argument(help=words("command_debt_patron"), min=1, show_default=False)]
File = Annotated[str, typer.Argument(help=words("command_debt_file"), show_default=False)]
Name = Annotated[str, typer.Argument(help=words("command_debt_answer"), show_default=False)]
Claim = Annotated[int, typer.Argument(help=words("command_debt_claim"), min=1, show_default=False)]
Message = Annotated[int, typer.Argument(help=words("command_debt_message"), min=1, show_default=False)]
Reason = Annotated[str, typer.Option(help=words("command_reason"), show_default=False)]

_AT_A_TIME = 200
_BY_HAND = "by-hand-"
"""What begins the names of answers that were typed in here: said twice, each counts once."""


@app.command("notices", help=words("command_debt_notices"))
def notices(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> int:
        written, after = 0, 0
        while True:
            done = await write_notices(desk.tx, desk.caller, after=after)
            written += done.written
            if done.last is None:
                return written
            after = done.last

    written = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show({"written": written})
    else:
        tell("command_debt_noticed", written=written)


@app.command("excluded", help=words("command_debt_excluded"))
def excluded(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[StandingNotice]:
        found: list[StandingNotice] = []
        while page := await list_standing(
            desk.tx, desk.caller, after=found[-1].notice if found else 0, limit=_AT_A_TIME
        ):
            found += page
        return found

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    columns = ("command_column_patron", "command_column_standing", "command_column_from", "command_column_owed")
    show_table(
        columns,
        ((each.patron, words(f"exclusion_{each.standing}"), each.excludes_on, _money(each.owed_ore)) for each in found),
    )


@app.command("statement", help=words("command_debt_statement"))
def statement(patron: Patron, *, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[StatementLine]:
        found: list[StatementLine] = []
        while page := await desk_operations.statement(
            desk.tx, desk.caller, PatronId(patron), before=found[-1].entry if found else None, limit=_AT_A_TIME
        ):
            found += page
        return found

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    columns = ("command_column_when", "command_column_entry", "command_column_what", "command_column_amount")
    show_table(columns, (_entry(each) for each in found))


@app.command("export", help=words("command_debt_export"))
def export(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(runtime: Runtime, caller: Caller) -> Exported:
        return await operations.export(runtime.database, _outside(runtime), caller)

    exported = with_staff(work, token=token, as_json=as_json)
    if as_json:
        show(exported)
    else:
        tell("command_debt_exported", claims=exported.claims, adjustments=exported.adjustments)


@app.command("import", help=words("command_debt_import"))
def take_in(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(runtime: Runtime, caller: Caller) -> FilesImported:
        return await importing.import_files(runtime.database, _outside(runtime), caller)

    imported = with_staff(work, token=token, as_json=as_json)
    if as_json:
        show(imported)
    else:
        done = imported.answers
        tell(
            "command_debt_imported",
            files=imported.files,
            applied=done.applied,
            repeated=done.repeated,
            parked=done.parked,
            contradicted=done.contradicted,
        )
        for name in imported.refused:
            remark(words("command_debt_set_aside", name=name))
    if imported.refused:
        raise typer.Exit(SAYS_NO)


@app.command("reconcile", help=words("command_debt_reconcile"))
def reconcile(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(runtime: Runtime, caller: Caller) -> list[Mismatch]:
        return await reconciling.reconcile(runtime.database, _outside(runtime), caller)

    found = with_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    elif not found:
        tell("command_debt_agrees")
    else:
        columns = ("command_column_check", "command_column_subject", "command_column_amount")
        show_table(columns, ((_wrong(each), each.subject, _money(each.amount_ore)) for each in found))
        for check in dict.fromkeys(each.check for each in found):
            remark(f"{words(check)}: {words(f'{check}_mend')}")
    if found:
        raise typer.Exit(SAYS_NO)


@app.command("settle", help=words("command_debt_settle"))
def settle(answer: Name, *, reason: Reason, token: Token = None) -> None:
    request = checked(SettleAnswer, {"answer": answer, "reason": reason})
    as_staff(lambda desk: operations.settle_answer(desk.tx, desk.caller, request), token=token)
    tell("command_debt_settled")


@app.command("settle-file", help=words("command_debt_settle_file"))
def settle_file(file: File, *, reason: Reason, token: Token = None) -> None:
    request = checked(SettleFile, {"file": file, "reason": reason})
    as_staff(lambda desk: operations.settle_file(desk.tx, desk.caller, request), token=token)
    tell("command_debt_settled")


@app.command("offer", help=words("command_debt_offer"))
def offer(claim: Claim, *, token: Token = None) -> None:
    as_staff(lambda desk: operations.offer_again(desk.tx, desk.caller, ChargeId(claim)), token=token)
    tell("command_debt_offered")


@app.command("acknowledge", help=words("command_debt_acknowledge"))
def acknowledge(message: Message, *, token: Token = None) -> None:
    _say(Answer(id=f"{_BY_HAND}{message}", kind=AnswerKind.ACKNOWLEDGEMENT, message=message), token)


@app.command("refuse", help=words("command_debt_refuse"))
def refuse(message: Message, *, reason: Reason, token: Token = None) -> None:
    given = {"id": f"{_BY_HAND}no-{message}", "kind": "refusal", "message": message, "reason": reason}
    _say(checked(Answer, given), token)


def _say(answer: Answer, token: str | None) -> None:
    """As the debtor system would have."""
    done = as_staff(lambda desk: importing.import_answers(desk.tx, desk.caller, [answer]), token=token)
    tell(
        "command_debt_said",
        applied=done.applied,
        repeated=done.repeated,
        parked=done.parked,
        contradicted=done.contradicted,
    )


def _wrong(mismatch: Mismatch) -> str:
    why = f" ({words(mismatch.why, **mismatch.details)})" if mismatch.why else ""
    return words(mismatch.check) + why


def _outside(runtime: Runtime) -> Outside:
    return Outside(runtime.keyring, runtime.config.installation)


def _entry(line: StatementLine) -> tuple[object, ...]:
    step = f"_{line.step}" if line.charge_kind is ChargeKind.OVERDUE else ""
    what = words(f"charge_{line.charge_kind}{step}") if line.charge_kind else ""
    return f"{line.at:%Y-%m-%d %H:%M}", words(f"entry_{line.kind}"), what, _money(line.amount_ore)


def _money(ore: int | None) -> str | None:
    return None if ore is None else money_text(ore, LANGUAGE)
