"""The night from a terminal."""

import json

from circulation.lending_library import LendingLibrary
from doors.command.conftest import Run
from faelles.doors.worker.registry import JOBS
from faelles.ground.clock import utc_now


def test_a_night_is_tried_out_kept_and_kept_once(run: Run, library: LendingLibrary):
    isil, today = library.town.isil, utc_now().date()
    night = ("night", "--agency", isil, "--date", today)
    for said, outcome in ((("--dry-run",), "rehearsed"), ((), "done"), ((), "elsewhere")):
        kept = run(*night, *said, "--json")
        assert kept.exit_code == 0
        assert {(each["job"], each["outcome"]) for each in json.loads(kept.stdout)} == {
            (job.name, outcome) for job in JOBS
        }
    printed = run(*night)
    assert (printed.exit_code, isil in printed.stdout) == (0, True)


def test_an_agency_that_is_none_keeps_no_night(run: Run, library: LendingLibrary):
    assert library.town.isil
    assert run("night", "--agency", "DK-NOBODY").exit_code != 0
