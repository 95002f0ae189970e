import gzip
import json
import time
from pathlib import Path

import pytest

from catalog.titles import act
from faelles.catalog import loading, operations
from faelles.catalog.loading import BadLine, OnBadLine
from faelles.ground.database import Database
from faelles.ground.errors import InvalidRequestError
from town import Town
from waiting import PATIENCE

FIRST = {"faust": "29494940", "title": "Fifty shades", "type": "book", "subjects": []}
SECOND = {"faust": "28511663", "title": "Journal 64", "type": "book", "isbn": ["9780306406157"]}


async def load(database: Database, town: Town, file: Path, **how):
    return await act(database, town.agency, lambda tx, caller: loading.load_records(tx, caller, file, **how))


async def titles(database: Database, town: Town, number: str):
    found = await act(database, town.agency, lambda tx, caller: operations.find_by_number(tx, caller, number))
    return [record.title for record in found if record.agency == town.agency]


def write(folder: Path, *lines: object) -> Path:
    file = folder / "records.jsonl"
    file.write_text("".join(line + "\n" if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return file


async def test_the_ten_thousand_load_in_seconds_and_again_change_nothing(database: Database, town: Town):
    told: list[loading.LoadProgress] = []
    began = time.monotonic()
    first = await load(database, town, loading.demo_records(), tell=told.append)
    assert time.monotonic() - began < PATIENCE
    assert (first.lines, first.added, first.bad) == (10_000, 9997, 3)
    assert [bad.line for bad in first.bad_lines] == [339, 1497, 8979]
    assert told[-1].bytes_read == told[-1].bytes_in_all
    assert len(told) > 3
    again = await load(database, town, loading.demo_records())
    assert (again.added, again.changed, again.unchanged) == (0, 0, 9997)


async def test_a_second_run_brings_what_has_changed(database: Database, town: Town, tmp_path: Path):
    await load(database, town, write(tmp_path, FIRST, SECOND))
    report = await load(database, town, write(tmp_path, {**FIRST, "title": "Halvtreds nuancer"}, SECOND))
    assert (report.added, report.changed, report.unchanged) == (0, 1, 1)
    assert await titles(database, town, "29494940") == ["Halvtreds nuancer"]
    assert await titles(database, town, "9780306406157") == ["Journal 64"]


async def test_bad_lines_are_told_and_passed_over(database: Database, town: Town, tmp_path: Path):
    report = await load(database, town, write(tmp_path, FIRST, "{", "", {"faust": "1"}, SECOND))
    assert (report.lines, report.added, report.bad) == (5, 2, 2)
    assert report.bad_lines == (BadLine(2, "line_not_json"), BadLine(4, "line_incomplete"))


async def test_told_to_stop_at_a_bad_line_nothing_is_loaded(database: Database, town: Town, tmp_path: Path):
    with pytest.raises(InvalidRequestError) as refusal:
        await load(database, town, write(tmp_path, FIRST, "{", SECOND), on_bad_line=OnBadLine.STOP)
    assert refusal.value.parameters == {"line": 2, "problem": "line_not_json"}
    assert await titles(database, town, "29494940") == []


async def test_of_a_number_that_stands_twice_the_last_counts(database: Database, town: Town, tmp_path: Path):
    report = await load(database, town, write(tmp_path, FIRST, {**FIRST, "title": "Senest"}))
    assert (report.added, report.changed, report.unchanged) == (1, 0, 0)
    assert await titles(database, town, "29494940") == ["Senest"]


async def test_a_packed_file_is_known_by_its_contents(database: Database, town: Town, tmp_path: Path):
    file = tmp_path / "whatever"
    file.write_bytes(gzip.compress(json.dumps(FIRST).encode()))
    assert (await load(database, town, file)).added == 1


@pytest.mark.parametrize("contents", [None, b"\x1f\x8b broken", gzip.compress(b"{}\n" * 1000, mtime=0)[:-20]])
async def test_a_file_that_cannot_be_read_is_said_to_be_so(
    database: Database, town: Town, tmp_path: Path, contents: bytes | None
):
    file = tmp_path / "records.jsonl.gz"
    if contents is not None:
        file.write_bytes(contents)
    with pytest.raises(InvalidRequestError, match="file_unreadable"):
        await load(database, town, file)


async def test_a_line_without_end_is_one_bad_line(database: Database, town: Town, tmp_path: Path):
    report = await load(database, town, write(tmp_path, FIRST, "x" * 2_500_000, SECOND))
    assert (report.lines, report.added, report.bad_lines) == (3, 2, (BadLine(2, "line_too_long"),))


async def test_an_export_is_tidied_on_the_way_in_and_a_strange_type_is_a_bad_line(
    database: Database, town: Town, tmp_path: Path
):
    first = {**FIRST, "title": "Palle alene i Sigsgꜳrd", "creator": "Sigsgꜳrd Jens f. 1910-04-28 aut"}
    report = await load(database, town, write(tmp_path, first, {**SECOND, "type": "nonsense"}))
    assert report.bad_lines == (BadLine(2, "material_type_of_line_unknown"),)
    found = await act(database, town.agency, lambda tx, caller: operations.find_by_number(tx, caller, "29494940"))
    [record] = [record for record in found if record.agency == town.agency]
    assert (record.title, record.creators) == ("Palle alene i Sigsgaard", ("Sigsgaard Jens",))
