"""A list as a spreadsheet reads it: the CSV file that Danish Excel opens by a double click.

UTF-8 with a byte order mark, semicolons between cells, days as `24-12-2026`, amounts as `12,50`. What people have typed
never becomes a formula (OWASP, "CSV injection"): a text that would begin one gets an apostrophe in front.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response

from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.money import Ore

MOST_ROWS: Final = 10_000
"""How many rows a page puts in one file; whoever wants more narrows the list or takes it by our REST."""
_ZONE: Final = ZoneInfo("Europe/Copenhagen")
_BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class Amount(msgspec.Struct, frozen=True):
    """Money in a cell."""

    ore: Ore


Cell = str | int | bool | date | datetime | Amount | None


def sheet(request: WebRequest, name: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """A file to be kept as `<name>.csv`. `headings` are message ids; a cell of None is empty."""
    words = (i18n.text("web_yes", request.language), i18n.text("web_no", request.language))
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow([_text(i18n.text(code, request.language)) for code in headings])
    writer.writerows([_shown(cell, words) for cell in row] for row in rows)
    return Response(
        written.getvalue().encode("utf-8-sig"),
        headers={
            "content-type": "text/csv; charset=utf-8; header=present",
            "content-disposition": f'attachment; filename="{name}.csv"',
            "content-language": request.language.value,
            "cache-control": "no-store",
        },
    )


def _shown(cell: Cell, words: tuple[str, str]) -> str:
    if isinstance(cell, bool):
        return words[0] if cell else words[1]
    if isinstance(cell, date):
        return _when(cell)
    if isinstance(cell, Amount):
        kroner, rest = divmod(abs(cell.ore), 100)
        return f"{'-' if cell.ore < 0 else ''}{kroner},{rest:02}"
    return _text(cell) if isinstance(cell, str) else "" if cell is None else str(cell)


def _when(when: date) -> str:
    if isinstance(when, datetime):
        return when.astimezone(_ZONE).strftime("%d-%m-%Y %H:%M:%S")
    return when.strftime("%d-%m-%Y")


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text
