"""Words of a command that nobody else is to see. What is typed after a command stands in the shell's history, and for
everybody on the machine in the list of what runs; `-` in its place is read from standard input.
"""

import sys
from collections.abc import Iterable
from typing import Annotated, Final, TypeVar

import typer

from faelles.doors.command.words import words
from faelles.ground.errors import InvalidRequestError

READ_IT: Final = "-"

Typed = TypeVar("Typed", str, str | None)


def unseen(typed: Typed) -> Typed:
    """As it was typed; for `-` the next line of standard input, which a terminal does not show."""
    if typed != READ_IT:
        return typed
    if sys.stdin.isatty():
        return str(typer.prompt(words("command_ask_unseen"), hide_input=True, err=True))
    try:
        line = sys.stdin.readline().strip()
    except UnicodeDecodeError:
        raise InvalidRequestError("typed_not_utf8") from None
    check_typed([line])
    return line


def check_typed(words_typed: Iterable[str]) -> None:
    """Raise InvalidRequestError where something is not UTF-8: Python keeps such bytes as what nobody can write down."""
    try:
        "".join(words_typed).encode()
    except UnicodeEncodeError:
        raise InvalidRequestError("typed_not_utf8") from None


_ARGUMENT: Final = typer.Argument(help=words("command_patron_scan"), show_default=False, callback=unseen)
Card = Annotated[str, _ARGUMENT]
AnyCard = Annotated[str | None, _ARGUMENT]
