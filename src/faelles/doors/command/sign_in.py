"""`faelles login`, `logout`, `whoami`."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from faelles.agencies.directory import AgencyDirectory, load_directory
from faelles.doors.command import staff_session
from faelles.doors.command.acting import Desk, Token, as_staff, branch_with_code
from faelles.doors.command.frame import with_runtime
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.staff_session import StaffSession
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.ground.actor import ActorKind
from faelles.ground.config import read_config
from faelles.people.model import Caller, Grant, Permission
from faelles.people.operations import authenticate, sign_out
from faelles.people.sign_in import sign_in_staff
from faelles.people.staff.operations import show_self


def add_to(app: typer.Typer) -> None:
    panel = words("command_panel_staff")
    app.command("login", help=words("command_login"), rich_help_panel=panel)(login)
    app.command("logout", help=words("command_logout"), rich_help_panel=panel)(logout)
    app.command("whoami", help=words("command_whoami"), rich_help_panel=panel)(whoami)


def login(
    agency: Annotated[str, typer.Option(help=words("command_agency"), prompt=words("command_ask_agency"))],
    username: Annotated[str, typer.Option(help=words("command_username"), prompt=words("command_ask_username"))],
    password: Annotated[
        str,
        typer.Option(
            envvar="FAELLES_PASSWORD",
            help=words("command_password"),
            prompt=words("command_ask_password"),
            hide_input=True,
        ),
    ],
    branch: Annotated[str | None, typer.Option(help=words("command_login_branch"), show_default=False)] = None,
    code: Annotated[str | None, typer.Option(help=words("command_login_code"), show_default=False)] = None,
) -> None:
    async def sign_in(runtime: Runtime) -> str:
        issued = await sign_in_staff(
            runtime.database, runtime.keyring, agency_isil=agency, username=username, password=password, code=code
        )
        place = await _usual_branch(runtime, issued.secret, branch)
        return str(staff_session.keep(runtime.config, StaffSession(token=issued.secret, branch=place)))

    tell("command_signed_in", file=with_runtime(sign_in))


async def _usual_branch(runtime: Runtime, token: str, code: str | None) -> int | None:
    if code is None:
        return None
    caller = await authenticate(runtime.database, runtime.keyring, token)
    return await runtime.database.run(
        caller.agency, caller.actor, lambda tx: branch_with_code(tx, caller, code), read_only=True
    )


def logout() -> None:
    session = staff_session.read(read_config())
    if session is None:
        tell("command_not_signed_in")
        return
    secret = session.token
    staff_session.forget(read_config())

    async def end(desk: Desk) -> None:
        await sign_out(desk.tx, desk.caller, secret)

    as_staff(end, token=secret)
    tell("command_signed_out")


def whoami(*, token: Token = None, as_json: AsJson = False) -> None:
    async def look(desk: Desk) -> tuple[Caller, str, AgencyDirectory]:
        return desk.caller, await _name(desk), await load_directory(desk.tx)

    caller, name, directory = as_staff(look, token=token, as_json=as_json)
    if as_json:
        show({"name": name, "agency_name": directory.agency.name, **msgspec.to_builtins(caller)})
        return
    tell("command_who", name=name, actor=caller.actor, agency=directory.agency.name, isil=directory.agency.isil)
    show_table(
        ["command_permissions", "command_division", "command_branch_column"],
        [(_named(grant.permissions), *_where(grant, directory)) for grant in caller.grants],
    )


async def _name(desk: Desk) -> str:
    """Of a member of staff their own, of a supporter the one they have at the operator."""
    caller = desk.caller
    if caller.actor.kind is ActorKind.STAFF:
        return (await show_self(desk.tx, caller)).name
    return caller.support or str(caller.actor)


def _named(permissions: Iterable[Permission]) -> str:
    return ", ".join(sorted(words(f"permission_{each}") for each in permissions))


def _where(grant: Grant, directory: AgencyDirectory) -> tuple[str, str]:
    division = directory.divisions.get(grant.division) if grant.division else None
    branch = directory.branches.get(grant.branch) if grant.branch else None
    return division.name if division else words("command_everywhere"), branch.name if branch else ""
