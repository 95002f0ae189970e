"""`faelles staff`: an agency's first users, set up by the operator; later ones by the agency itself."""

from typing import Annotated

import typer

from faelles.doors.command.acting import request
from faelles.doors.command.frame import with_runtime
from faelles.doors.command.operator import agency_with_isil, as_operator
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import StaffId
from faelles.people.model import Caller
from faelles.people.staff import operations as people
from faelles.people.staff.model import Assignment, NewPassword, NewStaff, Staff

app = typer.Typer(help=words("command_staff"), no_args_is_help=True)

Isil = Annotated[str, typer.Option("--agency", help=words("command_agency"), show_default=False)]
Username = Annotated[str, typer.Argument(help=words("command_username"), show_default=False)]
FullName = Annotated[str, typer.Option("--name", help=words("command_full_name"), show_default=False)]
RoleCode = Annotated[str, typer.Option("--role", help=words("command_role"))]
Password = Annotated[
    str,
    typer.Option(
        envvar="FAELLES_PASSWORD",
        prompt=words("command_ask_password"),
        confirmation_prompt=True,
        hide_input=True,
        help=words("command_password"),
    ),
]

_AT_A_TIME = 200


@app.command("create", help=words("command_staff_create"))
def create(
    username: Username, *, agency: Isil, name: FullName, password: Password, role: RoleCode = "administrator"
) -> None:
    async def work(tx: Transaction, caller: Caller) -> None:
        await people.seed_roles(tx)
        new = request(NewStaff, {"username": username, "name": name, "password": password})
        staff = await people.create_staff(tx, caller, new)
        await people.assign_role(tx, caller, staff, request(Assignment, {"role": role}))

    async def run(runtime: Runtime) -> None:
        await as_operator(runtime, await agency_with_isil(runtime, agency), work)

    with_runtime(run)
    tell("command_staff_created", username=username, role=role)


@app.command("password", help=words("command_staff_password"))
def set_password(username: Username, *, agency: Isil, password: Password) -> None:
    async def run(runtime: Runtime) -> None:
        async def work(tx: Transaction, caller: Caller) -> None:
            staff = await _staff_named(tx, caller, username)
            new = request(NewPassword, {"password": password})
            await people.set_password(tx, runtime.keyring, caller, staff, new)

        await as_operator(runtime, await agency_with_isil(runtime, agency), work)

    with_runtime(run)
    tell("command_password_set", username=username)


@app.command("list", help=words("command_staff_list"))
def list_all(*, agency: Isil, as_json: AsJson = False) -> None:
    async def run(runtime: Runtime) -> list[Staff]:
        return await as_operator(runtime, await agency_with_isil(runtime, agency), _everybody)

    found = with_runtime(run, as_json=as_json)
    if as_json:
        show(found)
        return
    show_table(
        ["command_username_column", "command_name", "command_roles", "command_disabled"],
        [
            (each.username, each.name, ", ".join(sorted({held.role for held in each.roles})), each.disabled_at)
            for each in found
        ],
    )


async def _everybody(tx: Transaction, caller: Caller) -> list[Staff]:
    found: list[Staff] = []
    while page := await people.list_staff(tx, caller, after=found[-1].username if found else "", limit=_AT_A_TIME):
        found += page
    return found


async def _staff_named(tx: Transaction, caller: Caller, username: str) -> StaffId:
    for each in await _everybody(tx, caller):
        if each.username == username:
            return each.id
    raise NotFoundError("staff_not_found")
