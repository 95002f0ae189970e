"""Words of a command that nobody else is to see. What is typed after a command stands in the shell's history, and for
everybody on the machine in the list of what runs; `-` in its place is read from standard input.
"""

import sys
from typing import Annotated, Final, TypeVar

import typer

from faelles.doors.command.words import words

READ_IT: Final = "-"

Typed = TypeVar("Typed", str, str | None)


def unseen(typed: Typed) -> Typed:
    """As it was typed; for `-` the next line of standard input, which a terminal does not show."""
    if typed != READ_IT:
        return typed
    if sys.stdin.isatty():
        return str(typer.prompt(words("command_ask_unseen"), hide_input=True, err=True))
    return sys.stdin.readline().strip()


_ARGUMENT: Final = typer.Argument(help=words("command_patron_scan"), show_default=False, callback=unseen)
Card = Annotated[str, _ARGUMENT]
AnyCard = Annotated[str | None, _ARGUMENT]
