"""`faelles newsletter`: which system sends them, what there is to have, and signing addresses up and off."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from faelles.doors.command.acting import Token, request, with_staff
from faelles.doors.command.output import AsJson, show, show_table, tell
from faelles.doors.command.words import words
from faelles.doors.runtime import Runtime
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import invalid_field
from faelles.newsletters import operations
from faelles.newsletters.model import Adapter, Newsletter, SetProvider, Subscription
from faelles.people.model import Caller

app = typer.Typer(no_args_is_help=True, help=words("command_newsletter"))

Email = Annotated[
    str, typer.Option(prompt=words("command_newsletter_email"), help=words("command_newsletter_email_help"))
]
Lists = Annotated[list[str], typer.Argument(help=words("command_newsletter_lists"), show_default=False)]
Signing = Callable[[Database, Caller, Keyring, Subscription], Awaitable[None]]


@app.command("list", help=words("command_newsletter_list"))
def list_newsletters(*, token: Token = None, as_json: AsJson = False) -> None:
    async def work(runtime: Runtime, caller: Caller) -> Sequence[Newsletter]:
        return await operations.offered(runtime.database, caller, runtime.keyring)

    _show(with_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("show", help=words("command_newsletter_show"))
def show_subscriber(*, email: Email, token: Token = None, as_json: AsJson = False) -> None:
    """The address is asked for, so that it stands in no list of commands."""

    async def work(runtime: Runtime, caller: Caller) -> Sequence[Newsletter]:
        return await operations.chosen_by(runtime.database, caller, runtime.keyring, email)

    _show(with_staff(work, token=token, as_json=as_json), as_json=as_json)


@app.command("subscribe", help=words("command_newsletter_subscribe"))
def subscribe(lists: Lists, *, email: Email, token: Token = None) -> None:
    _sign(operations.subscribe, lists, email, token)
    tell("command_newsletter_subscribed")


@app.command("unsubscribe", help=words("command_newsletter_unsubscribe"))
def unsubscribe(lists: Lists, *, email: Email, token: Token = None) -> None:
    _sign(operations.unsubscribe, lists, email, token)
    tell("command_newsletter_unsubscribed")


@app.command("provider", help=words("command_newsletter_provider"))
def provider(
    adapter: Annotated[
        Adapter | None, typer.Argument(help=words("command_newsletter_adapter"), show_default=False)
    ] = None,
    *,
    address: Annotated[str | None, typer.Option(help=words("command_newsletter_address"), show_default=False)] = None,
    secret: Annotated[
        str | None,
        typer.Option(envvar="FAELLES_NEWSLETTER_SECRET", help=words("command_newsletter_secret"), show_default=False),
    ] = None,
    token: Token = None,
) -> None:
    async def work(runtime: Runtime, caller: Caller) -> None:
        keyring, installation = runtime.keyring, runtime.config.installation
        if adapter is None and address is not None:
            raise invalid_field("adapter", "field_missing")
        if adapter is None:
            await runtime.database.run(caller.agency, caller.actor, lambda tx: operations.forget_provider(tx, caller))
            return
        chosen = request(SetProvider, {"adapter": adapter.value, "address": address, "secret": secret})
        await runtime.database.run(
            caller.agency,
            caller.actor,
            lambda tx: operations.set_provider(tx, caller, keyring, installation, chosen),
        )

    with_staff(work, token=token)
    tell("command_newsletter_provider_chosen" if adapter else "command_newsletter_provider_forgotten")


def _sign(how: Signing, lists: Sequence[str], email: str, token: str | None) -> None:
    async def work(runtime: Runtime, caller: Caller) -> None:
        named = [{"list_id": each} for each in lists]
        wanted = request(Subscription, {"email": email, "newsletters": named})
        await how(runtime.database, caller, runtime.keyring, wanted)

    with_staff(work, token=token)


def _show(found: Sequence[Newsletter], *, as_json: bool) -> None:
    if as_json:
        show(list(found))
        return
    show_table(
        ["command_newsletter_id", "command_newsletter_name", "command_newsletter_tags", "command_newsletter_interests"],
        [
            (
                each.list_id,
                each.name,
                ", ".join(tag.name or tag.id for tag in each.tags),
                ", ".join(choice.name or choice.id for part in each.categories for choice in part.interests),
            )
            for each in found
        ],
    )
