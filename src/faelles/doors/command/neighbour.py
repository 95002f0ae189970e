"""`faelles neighbour`: which systems the agency deals with about money, and whether mail has somewhere to go."""

from typing import Annotated

import typer

from faelles.doors.command.acting import Token, request, with_staff
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.fees.neighbours import operations
from faelles.fees.neighbours.model import Adapter, Neighbour, NeighbourSet, Role, SetNeighbour
from faelles.ground.errors import NotFoundError
from faelles.people.model import Caller

app = typer.Typer(help=words("command_neighbour"), no_args_is_help=True)

Which = Annotated[Role, typer.Argument(help=words("command_neighbour_role"), show_default=False)]
How = Annotated[Adapter, typer.Argument(help=words("command_neighbour_adapter"), show_default=False)]
Address = Annotated[str | None, typer.Option(help=words("command_neighbour_address"), show_default=False)]
Merchant = Annotated[str | None, typer.Option(help=words("command_neighbour_merchant"), show_default=False)]
Secret = Annotated[
    str | None,
    typer.Option(envvar="FAELLES_NEIGHBOUR_SECRET", help=words("command_neighbour_secret"), show_default=False),
]


@app.command("list", help=words("command_neighbour_list"))
def list_neighbours(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(runtime: Runtime, caller: Caller) -> list[Neighbour]:
        return [found for role in Role if (found := await _known(runtime, caller, role))]

    found = with_staff(work, token=token, as_json=as_json)
    if as_json:
        show(found)
        return
    columns = ("command_column_role", "command_column_adapter", "command_column_address", "command_column_merchant")
    show_table(
        columns,
        (
            (words(f"neighbour_{each.role}"), words(f"adapter_{each.adapter}"), each.address, each.merchant)
            for each in found
        ),
    )


@app.command("set", help=words("command_neighbour_set"))
def set_neighbour(
    role: Which,
    adapter: How,
    *,
    address: Address = None,
    merchant: Merchant = None,
    secret: Secret = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    given = {"adapter": adapter.value, "address": address, "merchant": merchant, "secret": secret}

    async def work(runtime: Runtime, caller: Caller) -> NeighbourSet:
        config = runtime.config
        chosen = request(SetNeighbour, given)
        return await runtime.database.run(
            caller.agency,
            caller.actor,
            lambda tx: operations.set_neighbour(tx, caller, config.keyring, config.installation, role, chosen),
        )

    made = with_staff(work, token=token, as_json=as_json)
    if as_json:
        show(made)
        return
    tell("command_neighbour_chosen", role=words(f"neighbour_{role}"))
    if made.secret is not None:
        tell("command_neighbour_new_secret", secret=made.secret)


async def _known(runtime: Runtime, caller: Caller, role: Role) -> Neighbour | None:
    try:
        return await runtime.database.run(
            caller.agency, caller.actor, lambda tx: operations.show_neighbour(tx, caller, role), read_only=True
        )
    except NotFoundError:
        return None
