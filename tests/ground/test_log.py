"""Every line of the log as an operator sees it on standard error."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog

from faelles.ground.errors import ConflictError
from faelles.ground.log import configure_logging, drop_personal_data, logger

Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., io.StringIO]]:
    """Configure the log of a program that has just started, and return its standard error; all is put back after."""
    root, before = logging.getLogger(), structlog.get_config()
    level = root.level
    monkeypatch.setattr(root, "handlers", [])

    def configure(*, as_json: bool) -> io.StringIO:
        stream = io.StringIO()
        monkeypatch.setattr(sys, "stderr", stream)
        configure_logging(level="INFO", as_json=as_json)
        return stream

    yield configure
    root.setLevel(level)
    structlog.configure(**before)


@pytest.fixture
def lines(configure: Callable[..., io.StringIO]) -> Lines:
    """What was logged so far."""
    stream = configure(as_json=True)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def lend() -> None:
    int("Karen Blixen")


def test_one_event_is_one_line_of_json(lines: Lines):
    logger("circulation.loans").info("loan\nmade", loan=7, branch="Å")
    [line] = lines()
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {"event": "loan\nmade", "level": "info", "room": "circulation.loans", "loan": 7, "branch": "Å"}


def test_a_value_that_json_does_not_know_is_told_as_python_tells_it(lines: Lines):
    logger("x").info("x", where=Path("/data"))
    assert lines()[0]["where"] == repr(Path("/data"))


@pytest.mark.parametrize("value", ["half \ud83d", 2**70])
def test_a_value_that_json_can_hardly_hold_is_logged_all_the_same(lines: Lines, value):
    logger("x").info("x", value=value)
    assert lines()[0]["value"] == value


def test_the_libraries_lines_have_the_same_form(lines: Lines):
    logging.getLogger("uvicorn.error").warning("%s is slow", "disk")
    [line] = lines()
    assert (line["event"], line["level"]) == ("disk is slow", "warning")
    assert "timestamp" in line


def test_what_is_below_the_level_is_not_written(lines: Lines):
    logger("x").debug("x")
    logging.getLogger("x").debug("x")
    assert lines() == []


def test_an_exception_is_told_by_type_and_place_without_its_words(lines: Lines):
    try:
        lend()
    except ValueError:
        logger("x").exception("failed")
    [line] = lines()
    told = str(line["exception"]).splitlines()
    assert (line["event"], told[0]) == ("failed", "ValueError")
    assert told[-1].endswith(" lend")
    assert "Blixen" not in str(line)


def test_what_led_to_an_exception_is_told_too(lines: Lines):
    problem = ConflictError("card_taken", loan=7)
    problem.__cause__ = KeyError("Karen Blixen")
    logger("x").error("failed", exc_info=problem)
    assert lines()[0]["exception"] == "ConflictError card_taken\nKeyError"


def test_the_libraries_exceptions_are_told_the_same_way(lines: Lines):
    problem = FileNotFoundError(2, "No such file or directory", "/home/Karen Blixen")
    logging.getLogger("asyncio").error("failed", exc_info=problem)
    assert lines()[0]["exception"] == "FileNotFoundError No such file or directory"


@pytest.mark.parametrize(
    ("sql", "values", "told"),
    [
        ("INSERT INTO card VALUES ('Karen Blixen')", [], "UniqueViolationError 23505 card card_taken"),
        ("INSERT INTO card VALUES ($1)", ["Karen Blixen"], "UniqueViolationError 23505 card card_taken"),
        ("SELECT 'Karen Blixen'::integer", [], "InvalidTextRepresentationError 22P02"),
        ("SELECT $1::integer", ["Karen Blixen"], "DataError 22000"),
    ],
)
async def test_a_database_error_names_the_constraint_and_no_value(lines: Lines, owner_url: str, sql, values, told):
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("CREATE TEMPORARY TABLE card (number text CONSTRAINT card_taken PRIMARY KEY)")
        await connection.execute("INSERT INTO card VALUES ('Karen Blixen')")
        await connection.execute(sql, *values)
    except asyncpg.PostgresError:
        logger("x").exception("failed")
    finally:
        await connection.close()
    # What other tests left running may be heard as well.
    [line] = [line for line in lines() if line.get("room") == "x"]
    assert str(line["exception"]).splitlines()[0] == told
    assert "Blixen" not in str(line)


def test_for_a_terminal_a_line_is_made_to_be_read(configure: Callable[..., io.StringIO]):
    stream = configure(as_json=False)
    logger("x").warning("disk full", pin="1234")
    assert "disk full" in stream.getvalue()
    assert "1234" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("key", ["pin", "PIN", "cpr", "name", "first_name", "email", "birth_date", "csrf_token"])
def test_what_would_say_who_somebody_is_is_blanked(key):
    assert drop_personal_data(None, "", {"event": "x", key: "value"}) == {"event": "x", key: "[removed]"}


def test_it_is_blanked_however_deep_it_lies():
    event = {"event": "x", "request": {"loan": 7, "patron": [{"name": "Karen", "cards": 2}]}}
    assert drop_personal_data(None, "", event) == {
        "event": "x",
        "request": {"loan": 7, "patron": [{"name": "[removed]", "cards": 2}]},
    }


def test_blanking_leaves_the_callers_own_values_alone():
    request = {"name": "Karen"}
    drop_personal_data(None, "", {"request": request})
    assert request == {"name": "Karen"}


@pytest.mark.parametrize("key", ["event", "names", "code", "machine", "rename", "pinned"])
def test_what_only_looks_alike_is_kept(key):
    assert drop_personal_data(None, "", {key: "value"}) == {key: "value"}
