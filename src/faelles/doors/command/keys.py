"""`faelles keys`: the installation's master key."""

import typer

from faelles.doors.command.words import words
from faelles.ground.crypto import new_master_key

app = typer.Typer(help=words("command_keys"), no_args_is_help=True)

_MOST_KEYS = 255

Number = typer.Option(1, "--number", min=1, max=_MOST_KEYS, help=words("command_keys_number"))


@app.callback()
def keys() -> None:
    """Hold the group's commands together; a lone command would otherwise stand for the group."""


@app.command("new", help=words("command_keys_new"))
def new_key(number: int = Number) -> None:
    _, _, secret = new_master_key().partition(":")
    typer.echo(f"{number}:{secret}")
