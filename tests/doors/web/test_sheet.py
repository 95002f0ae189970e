"""Lists as files for a spreadsheet."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from faelles.doors.web.sheet import Amount, Cell, sheet
from faelles.ground.i18n import Language
from faelles.ground.money import Ore


def lines(*cells: Cell) -> list[str]:
    request = cast("Any", SimpleNamespace(language=Language.DANISH))
    answer = sheet(request, "liste", ["web_title"], [cells])
    return answer.content.decode("utf-8").split("\r\n")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("Blåbærgrød", "Blåbærgrød"),
        ("en; to", '"en; to"'),
        ('"citat"', '"""citat"""'),
        (date(2026, 12, 24), "24-12-2026"),
        (datetime(2026, 12, 24, 22, 30, tzinfo=UTC), "24-12-2026 23:30:00"),
        (Amount(Ore(-1250)), "-12,50"),
        (Amount(Ore(-5)), "-0,05"),
        (-3, "-3"),
        (True, "Ja"),
        (None, '""'),
    ],
)
def test_a_cell_is_written_as_danish_excel_reads_it(cell: Cell, shown: str):
    assert lines(cell)[1] == shown


@pytest.mark.parametrize("typed", ["=1+1", "+45", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_somebody_typed_never_becomes_a_formula(typed: str):
    assert "".join(lines(typed)[1:]).lstrip('"').startswith("'")


def test_the_file_begins_with_a_byte_order_mark_and_its_headings():
    assert lines()[0] == "\ufeffTitel"


def test_it_is_a_file_of_its_own():
    request = cast("Any", SimpleNamespace(language=Language.ENGLISH))
    headers = sheet(request, "loans", [], []).headers
    assert headers["content-disposition"] == 'attachment; filename="loans.csv"'
    assert headers["content-type"].startswith("text/csv; charset=utf-8")
