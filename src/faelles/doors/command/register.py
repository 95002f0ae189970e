"""`faelles register`: what the nights take over from the person register, and what an update would change."""

from collections.abc import Sequence
from typing import Annotated

import typer

from faelles.doors.command.acting import Desk, Token, as_staff, with_staff
from faelles.doors.command.output import AsJson, Most, show, show_table, tell
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.ground.errors import ConflictError, invalid_field
from faelles.patrons.identifiers import read_cpr
from faelles.patrons.registers.model import Address, NameKept, Person, PersonState, RegisterReport, Update
from faelles.patrons.registers.port import BuiltInRegister, person_register
from faelles.patrons.registers.updating import (
    list_names_kept,
    rehearse_update,
    show_register_updates,
    update_from_register,
)
from faelles.people.model import Caller, Permission

app = typer.Typer(no_args_is_help=True, help=words("command_register"))


@app.command("show", help=words("command_register_show"))
def show_updates(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> RegisterReport:
        return await show_register_updates(desk.tx, desk.caller)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        _show_report(found)


@app.command("update", help=words("command_register_update"))
def update(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=words("command_register_dry_run"))] = False,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """What the night left to be asked; asks the register now instead of at the worker's next round."""
    if dry_run:
        found = with_staff(_rehearse, token=token, as_json=as_json)
        if as_json:
            show(found)
        else:
            _show_updates(found)
        return
    report = with_staff(_update, token=token, as_json=as_json)
    if as_json:
        show(report)
    else:
        _show_report(report)


@app.command("names", help=words("command_register_names"))
def names(*, limit: Most = 50, token: Token = None, as_json: AsJson = False) -> None:
    async def work(desk: Desk) -> list[NameKept]:
        return await list_names_kept(desk.tx, desk.caller, limit=limit)

    found = as_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
    else:
        show_table(
            ["command_patron_column", "command_register_name_here", "command_register_name_there"],
            [(each.patron, each.name, each.name_said) for each in found],
        )


@app.command("pretend", help=words("command_register_pretend"))
def pretend(
    *,
    name: Annotated[str, typer.Option(help=words("command_register_person_name"), show_default=False)],
    street: Annotated[str | None, typer.Option(help=words("command_register_street"), show_default=False)] = None,
    postal_code: Annotated[
        str | None, typer.Option(help=words("command_register_postal_code"), show_default=False)
    ] = None,
    city: Annotated[str | None, typer.Option(help=words("command_register_city"), show_default=False)] = None,
    state: Annotated[PersonState, typer.Option(help=words("command_register_state"))] = PersonState.RESIDENT,
    protected: Annotated[bool, typer.Option("--protected", help=words("command_register_protected"))] = False,
    cpr: Annotated[str, typer.Option(prompt=True, hide_input=True, help=words("command_register_cpr"))],
    token: Token = None,
) -> None:
    """The number is asked for, so that it stands in no list of commands."""
    address = Address(street=street, postal_code=postal_code, city=city)

    async def work(runtime: Runtime, caller: Caller) -> None:
        caller.require(Permission.PATRON_CPR)
        register, read = person_register(runtime.config.installation), read_cpr(cpr)
        if not isinstance(register, BuiltInRegister):
            raise ConflictError("register_is_real")
        if read is None or not read.is_replacement:
            raise invalid_field("cpr", "register_number_is_real")
        person = Person(
            name=name, birth_date=read.birth_date, state=state, address_protected=protected, address=address
        )
        await register.pretend(read.number, person)

    with_staff(work, token=token)
    tell("command_register_pretended")


async def _rehearse(runtime: Runtime, caller: Caller) -> list[Update]:
    caller.require(Permission.PATRON_CPR)
    register = person_register(runtime.config.installation)
    return await rehearse_update(runtime.database, runtime.keyring, register, caller.agency)


async def _update(runtime: Runtime, caller: Caller) -> RegisterReport:
    caller.require(Permission.PATRON_CPR)
    register = person_register(runtime.config.installation)
    await update_from_register(runtime.database, runtime.keyring, register, caller.agency)
    return await runtime.database.run(
        caller.agency, caller.actor, lambda tx: show_register_updates(tx, caller), read_only=True
    )


def _show_report(found: RegisterReport) -> None:
    if found.day is None:
        tell("command_register_never")
        return
    show_table(
        ["command_day", "command_state", "command_register_waiting", "command_counts"],
        [
            (
                found.day,
                words(found.failure or ("command_register_done" if found.is_done else "command_register_under_way")),
                found.waiting,
                ", ".join(f"{words(f'register_{what}')} {number}" for what, number in found.counts.items()),
            )
        ],
    )


def _show_updates(found: Sequence[Update]) -> None:
    if not found:
        tell("command_register_nothing")
        return
    show_table(
        ["command_patron_column", "command_register_what"],
        [(each.patron, ", ".join(words(f"register_{what}") for what in each.what)) for each in found],
    )
