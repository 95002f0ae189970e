"""What the command line prints: tables for people, JSON for programs."""

import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from faelles.doors.command.words import LANGUAGE, words
from faelles.ground.i18n import date_text, moment_text

AsJson = Annotated[bool, typer.Option("--json", help=words("command_json"))]
Most = Annotated[int, typer.Option("--limit", min=1, max=200, help=words("command_limit"))]

_out = Console(soft_wrap=True)
_aside = Console(stderr=True, soft_wrap=True)
_LONGEST_WORD = 30
_ZONE = "Europe/Copenhagen"


def show(answer: object) -> None:
    """Print `answer` as JSON: a struct, or anything made of plain values."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode() + "\n")


def show_table(columns: Sequence[str], lines: Iterable[Iterable[object]], *, title: str | None = None) -> None:
    """Print a table; `columns` are message ids."""
    cells = [[_cell(cell) for cell in line] for line in lines]
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        # On a narrow terminal half a number or password is none: sentences give way, and no word is cut off.
        longest = max((len(line[place]) for line in cells), default=0)
        is_one_word = longest <= _LONGEST_WORD and not any(" " in line[place] for line in cells)
        table.add_column(words(column), overflow="fold", min_width=longest if is_one_word else None)
    for line in cells:
        # As it is: what stands between brackets in a title is no markup.
        table.add_row(*(Text(cell) for cell in line))
    _out.print(table, soft_wrap=False, crop=False)


def _cell(value: object) -> str:
    """As people write it: days and moments in the language of this terminal."""
    if isinstance(value, datetime):
        return moment_text(value, LANGUAGE, _ZONE)
    if isinstance(value, date):
        return date_text(value, LANGUAGE)
    return "" if value is None else str(value)


def tell(code: str, **parameters: object) -> None:
    """Print a sentence of the answer."""
    _out.print(words(code, **parameters), markup=False, highlight=False)


def remark(sentence: str) -> None:
    """Say something beside the answer, on standard error."""
    _aside.print(sentence, markup=False, highlight=False, style="dim")


def aside() -> Console:
    """Standard error, for progress."""
    return _aside


def complain(sentence: str) -> None:
    """Say on standard error what went wrong."""
    _aside.print(sentence, markup=False, highlight=False, style="bold red")
