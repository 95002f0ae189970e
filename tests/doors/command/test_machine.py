"""Seeing to self-checks and sorters from a terminal."""

import json

import msgspec
import pytest

from faelles.doors.command.frame import NOT_ALLOWED, NOT_UNDERSTOOD, SAYS_NO
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import utc_now
from faelles.ground.database import Database
from faelles.ground.ids import MachineId
from faelles.people.machines.terminal import TerminalProfile
from faelles.people.model import system_caller
from faelles.people.terminals.model import (
    Direction,
    NewTraceLine,
    Observed,
    Sighting,
    StartTrace,
    Tally,
    TerminalOutcome,
)
from faelles.people.terminals.operations import note_observed, start_trace
from town import Town


@pytest.fixture
def made(at_desk) -> dict:
    """A self-check `hall-2` in the main branch: id, username, secret."""
    return json.loads(at_desk("machine", "create", "hall-2", "--name", "I hallen", "--json").stdout)


@pytest.fixture
async def traced(database: Database, town: Town, made: dict) -> None:
    """`hall-2` is traced and has lent nothing, three times."""
    machine, caller = MachineId(made["id"]), system_caller(town.agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        await start_trace(tx, caller, machine, StartTrace())
    now = utc_now()
    told = Observed(
        (Sighting(machine, now, now),),
        ((machine, Tally("11", TerminalOutcome.REFUSED, 3)),),
        tuple(NewTraceLine(machine, now, Direction.SENT, frame) for frame in ("120NUN[/b]", "98YYYYYN")),
    )
    async with database.transaction(town.agency, SYSTEM) as tx:
        await note_observed(tx, "here:6001", told)


def test_a_machine_is_registered_and_its_secret_shown_once(at_desk, made: dict, town: Town):
    assert made["username"] == f"{town.isil.lower()}.hall-2"
    assert len(made["secret"]) > 40
    shown = at_desk("machine", "list").stdout
    assert ("hall-2" in shown, "not connected" in shown, made["secret"] in shown) == (True, True, False)


def test_a_new_secret_is_another(at_desk, made: dict):
    rotated = json.loads(at_desk("machine", "rotate-secret", made["username"], "--json").stdout)
    assert (rotated["username"], rotated["secret"] == made["secret"]) == (made["username"], False)
    assert "not shown again" in at_desk("machine", "rotate-secret", "HALL-2").stdout


def test_a_machine_is_taken_out_of_service_and_put_back(at_desk, made: dict):
    assert at_desk("machine", "disable", "hall-2").exit_code == 0
    assert "out of service" in at_desk("machine", "list").stdout
    assert at_desk("machine", "enable", "hall-2").exit_code == 0
    assert "out of service" not in at_desk("machine", "list").stdout


def test_settings_are_set_as_they_are_shown(at_desk, made: dict):
    words = ("encoding=cp850", "default_bin=9", "extensions=CV,CL", "prints=true", "retries=5", "pin=when_given",
             'alerts={"hold_here": "41"}', 'sorting=[{"bin": "1"}]', "welcome=Tag [dine] ting")  # fmt: skip
    changed = json.loads(at_desk("machine", "set", "hall-2", *words, "--json").stdout)
    assert (changed["encoding"], changed["default_bin"], changed["prints"], changed["retries"]) == (
        "cp850", "9", True, 5,
    )  # fmt: skip
    assert (sorted(changed["extensions"]), changed["alerts"], changed["sorting"]) == (
        ["CL", "CV"], {"hold_here": "41"}, [{"bin": "1"}],
    )  # fmt: skip
    shown = at_desk("machine", "set", "hall-2", "pin=", "default_bin=").stdout
    assert "Tag [dine] ting" in shown
    status = json.loads(at_desk("machine", "show", "hall-2", "--json").stdout)
    assert (status["profile"]["pin"], status["profile"]["default_bin"]) == (None, None)


def test_an_empty_value_is_as_the_program_chooses(at_desk, made: dict):
    chosen = ("encoding=cp850", "extensions=CV", "prints=true", "retries=5", 'alerts={"other": "98"}',
              'sorting=[{"bin": "1"}]', 'print_footer=["Tak"]', "welcome=Hej", "pin=when_given")  # fmt: skip
    at_desk("machine", "set", "hall-2", *chosen)
    emptied = [setting.partition("=")[0] + "=" for setting in chosen]
    assert at_desk("machine", "set", "hall-2", *emptied).exit_code == 0
    profile = json.loads(at_desk("machine", "show", "hall-2", "--json").stdout)["profile"]
    assert msgspec.convert(profile, TerminalProfile) == TerminalProfile()


@pytest.mark.parametrize(
    "setting", ["encoding", "encoding=ebcdic", "retries=many", "no_such=1", "no_such=", "prints=1"]
)
def test_a_setting_that_cannot_be_is_told(at_desk, made: dict, setting: str):
    result = at_desk("machine", "set", "hall-2", setting)
    assert result.exit_code == NOT_UNDERSTOOD
    assert setting.partition("=")[0] in result.stderr


def test_of_two_that_contradict_each_other_neither_is_done(at_desk, made: dict):
    for words in (("set", "hall-2", "retries=1", "retries=2"), ("trace", "hall-2", "--start", "--stop")):
        assert at_desk("machine", *words).exit_code == NOT_UNDERSTOOD


def test_status_and_trace_are_shown(at_desk, traced: None):
    shown = at_desk("machine", "show", "hall-2").stdout
    assert ("connected" in shown, "answered with no" in shown, "here:6001" in shown) == (True, True, True)
    assert "120NUN[/b]" in at_desk("machine", "trace", "hall-2").stdout
    lines = json.loads(at_desk("machine", "trace", "hall-2", "--json").stdout)
    [after] = json.loads(at_desk("machine", "trace", "hall-2", "--after", lines[0]["id"], "--json").stdout)
    assert after == lines[1]


def test_a_trace_is_started_and_stopped(at_desk, made: dict):
    assert "Nothing is kept" in at_desk("machine", "trace", "hall-2").stdout
    assert "until" in at_desk("machine", "trace", "hall-2", "--start", "--hours", 1).stdout
    assert "forgotten" in at_desk("machine", "trace", "hall-2", "--stop").stdout
    assert at_desk("machine", "trace", "hall-2", "--start", "--hours", 100).exit_code == NOT_UNDERSTOOD


def test_all_machines_are_told_of_maintenance(at_desk, made: dict):
    assert at_desk("machine", "maintenance", "true").exit_code == 0
    assert "told off line" in at_desk("machine", "list").stdout
    assert at_desk("machine", "maintenance", "false").exit_code == 0
    assert "told off line" not in at_desk("machine", "list").stdout


def test_an_unknown_machine_and_nobody_signed_in(at_desk, run, tmp_path):
    assert at_desk("machine", "show", "nobody").exit_code == SAYS_NO
    (tmp_path / "session.json").unlink()
    assert run("machine", "list").exit_code == NOT_ALLOWED
