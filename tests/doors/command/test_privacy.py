"""Privacy from a terminal."""

import json
import zipfile
from pathlib import Path

import pytest

from circulation.lending_library import LendingLibrary
from doors.command.conftest import Run
from faelles.doors.command.frame import NOT_UNDERSTOOD
from faelles.ground.database import Database
from faelles.privacy.register import REGISTER


@pytest.fixture
async def newcomer(library: LendingLibrary, database: Database) -> int:
    """Somebody who came today, by the program's own clock."""
    async with database.transaction(library.town.agency, library.librarian.actor) as tx:
        patron: int = await tx.value(
            "INSERT INTO patron (agency_id, kind, name, home_branch_id, registered_at)"
            " VALUES ($1, 'person', 'Karen Ny', $2, now()) RETURNING id",
            tx.agency,
            library.town.main,
        )
        return patron


def test_the_record_and_the_report_are_printed(at_desk: Run):
    printed = at_desk("privacy", "record", "--form", "markdown")
    assert (printed.exit_code, printed.stdout.count("\n## ")) == (0, len(REGISTER.entry))
    report = at_desk("privacy", "report", "--json")
    assert report.exit_code == 0
    assert {each["over"] for each in json.loads(report.stdout)} == {0}


def test_a_person_leaves_and_a_restore_changes_nothing(
    at_desk: Run, library: LendingLibrary, newcomer: int, tmp_path: Path
):
    patron = newcomer
    given = json.loads(at_desk("privacy", "consents", patron, "--give", "history", "--json").stdout)
    assert [each["kind"] for each in given["consents"]] == ["history"]
    handed_out, listed = tmp_path / "file.zip", tmp_path / "erasures.jsonl"
    assert at_desk("privacy", "file", patron, "--to", handed_out).exit_code == 0
    assert zipfile.ZipFile(handed_out).namelist() == ["data.json", "overview.html"]
    assert at_desk("privacy", "erase", patron).exit_code == 0
    assert json.loads(at_desk("privacy", "erase", patron, "--json").stdout)["was_done_before"]
    assert at_desk("privacy", "erasures", "--to", listed).exit_code == 0
    assert str(patron) not in listed.read_text()
    replayed = json.loads(at_desk("privacy", "replay", listed, "--json").stdout)
    assert replayed[library.town.isil]["absent"] == 1


def test_a_list_that_cannot_be_read_is_refused(at_desk: Run, tmp_path: Path):
    broken = tmp_path / "broken"
    broken.write_text("{}")
    assert at_desk("privacy", "replay", broken).exit_code == NOT_UNDERSTOOD
