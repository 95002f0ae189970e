"""Filling the catalogue from a file."""

import json
from pathlib import Path

from faelles.doors.command.frame import NOT_UNDERSTOOD, SAYS_NO

RECORD = {"faust": "29494940", "title": "Frøken Smillas fornemmelse for sne", "type": "book"}


def written(file: Path, *lines: object) -> Path:
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return file


def test_records_are_loaded_once(run, town, tmp_path: Path):
    file = written(tmp_path / "records.jsonl", RECORD)
    first = json.loads(run("load", "records", file, "--agency", town.isil, "--json").stdout)
    again = json.loads(run("load", "records", file, "--agency", town.isil, "--json").stdout)
    assert (first["added"], again["added"], again["unchanged"]) == (1, 0, 1)


def test_a_bad_line_is_told_with_its_number(run, town, tmp_path: Path):
    file = written(tmp_path / "records.jsonl", RECORD, {"title": "uden nummer"})
    result = run("load", "records", file, "--agency", town.isil)
    assert (result.exit_code, "Line 2" in result.stderr) == (0, True)


def test_a_file_without_one_record_is_no_success(run, town, tmp_path: Path):
    file = tmp_path / "passwd"
    file.write_text("root:x:0:0::/root:/bin/sh\n" * 3)
    result = run("load", "records", file, "--agency", town.isil)
    assert result.exit_code == NOT_UNDERSTOOD
    assert "no records" in result.stderr


def test_an_unknown_agency_gets_nothing(run, tmp_path: Path):
    file = written(tmp_path / "records.jsonl", RECORD)
    assert run("load", "records", file, "--agency", "DK-000000").exit_code == SAYS_NO
