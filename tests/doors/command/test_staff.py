"""Setting up the first users, and signing in."""

from pathlib import Path

import pytest

from faelles.doors.command.frame import NOT_ALLOWED, NOT_UNDERSTOOD, SAYS_NO


@pytest.fixture
def signed_in(run, town):
    """As `run`, after the two commands that a new installation begins with."""
    assert run("staff", "create", "anna", "--agency", town.isil, "--name", "Anna Ærø").exit_code == 0
    assert run("login", "--agency", town.isil, "--username", "anna", "--branch", town.isil + "00").exit_code == 0
    return run


def test_the_operator_makes_the_first_user_who_then_signs_in(signed_in, town, tmp_path: Path):
    shown = signed_in("whoami").stdout
    assert "Anna Ærø" in shown
    assert town.isil in shown
    assert "anna" in signed_in("staff", "list", "--agency", town.isil).stdout
    assert (tmp_path / "session.json").stat().st_mode & 0o777 == 0o600


def test_a_wrong_password_is_refused_and_nothing_is_kept(signed_in, town, tmp_path: Path):
    (tmp_path / "session.json").unlink()
    result = signed_in("login", "--agency", town.isil, "--username", "anna", "--password", "gætteri")
    assert result.exit_code == NOT_ALLOWED
    assert not (tmp_path / "session.json").exists()


def test_a_new_password_ends_the_old_sessions(signed_in, town):
    changed = signed_in("staff", "password", "anna", "--agency", town.isil, "--password", "ny lang sætning")
    assert changed.exit_code == 0
    assert signed_in("whoami").exit_code == NOT_ALLOWED


def test_signing_out_ends_the_session_in_the_database_too(at_desk, tmp_path: Path):
    kept = (tmp_path / "session.json").read_bytes()
    assert at_desk("logout").exit_code == 0
    (tmp_path / "session.json").write_bytes(kept)
    assert at_desk("whoami").exit_code == NOT_ALLOWED


def test_a_weak_password_is_refused(run, town):
    created = run("staff", "create", "bo", "--agency", town.isil, "--name", "Bo", "--password", "1234")
    assert created.exit_code == NOT_UNDERSTOOD


def test_an_unknown_agency_is_no_agency(run):
    assert run("staff", "list", "--agency", "DK-000000").exit_code == SAYS_NO


def test_one_agencys_staff_are_not_in_the_others_list(at_desk, neighbour):
    assert "anna" not in at_desk("staff", "list", "--agency", neighbour.isil).stdout
