"""One clear sentence and an exit code, whatever happens."""

import asyncio
import errno
import io
import json

import pytest
import typer
from rich.console import Console

from faelles.doors.command import main, output
from faelles.doors.command.foreign_words import in_our_words
from faelles.doors.command.frame import (
    CANNOT_ANSWER,
    NOT_ALLOWED,
    NOT_UNDERSTOOD,
    SAYS_NO,
    STOPPED,
    exit_code,
    explanation,
    perform,
)
from faelles.doors.command.unseen import unseen
from faelles.doors.command.words import check_language, language_of
from faelles.ground.crypto import parse_master_keys
from faelles.ground.errors import (
    ConflictError,
    FaellesError,
    ForbiddenError,
    InvalidRequestError,
    MisconfiguredError,
    NotFoundError,
    RefusedError,
    TooManyAttemptsError,
    UnauthenticatedError,
    UnavailableError,
    invalid_field,
)
from faelles.ground.i18n import Language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.ENGLISH),
        ({"LANG": "C.UTF-8"}, Language.ENGLISH),
        ({"LANG": "da_DK.UTF-8"}, Language.DANISH),
        ({"LANG": "da_DK.UTF-8", "LC_ALL": "en_GB.UTF-8"}, Language.ENGLISH),
        ({"LANG": "en_GB.UTF-8", "FAELLES_LANGUAGE": "da"}, Language.DANISH),
    ],
)
def test_the_terminal_or_the_setting_chooses_the_language(environment, language):
    assert language_of(environment) is language


@pytest.mark.parametrize("wish", ["da", "da_DK.UTF-8", "EN", ""])
def test_a_language_of_ours_is_taken(wish):
    check_language({"FAELLES_LANGUAGE": wish})


def test_a_language_that_is_none_of_ours_is_told():
    with pytest.raises(MisconfiguredError, match="command_language_unknown"):
        check_language({"FAELLES_LANGUAGE": "klingon", "LANG": "xx"})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Missing argument 'card'.", "Argumentet 'card' mangler."),
        ("No such option: --du", "Tilvalget --du findes ikke."),
        ("No such command 'x'. Did you mean 'y'?", "Kommandoen 'x' findes ikke. Mente du 'y'?"),
        ("Invalid value for 'file': file '/x' does not exist.", "'file': Filen '/x' findes ikke."),
        ("Option '--role' requires an argument.", "Tilvalget '--role' skal have en værdi."),
        ("Invalid value for '--kind': 'x' is not one of 'a', 'b'.", "'--kind': 'x' er ikke et af 'a', 'b'."),
        ("Could not open file '/x': Permission denied", "Filen '/x' kan ikke læses."),
        ("The database is running already (process 12).", "Databasen kører allerede (proces 12)."),
        ("Something else.", "Something else."),
    ],
)
def test_what_others_say_in_english_is_said_in_danish(theirs, ours):
    assert in_our_words(theirs, Language.DANISH) == ours


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("checkout",), "Missing argument 'card'."),
        (("chekout",), "No such command 'chekout'."),
        (("checkout", "1", "2", "--du"), "No such option: --du"),
        (("checkout", "1", "2", "--due-on", "a", "--due-on", "b"), "Option --due-on can be given once only."),
        (("patron", "find", "x", "--limit", "900"), "It must be at most 200."),
        (("load", "records", "/nope"), "File '/nope' does not exist."),
    ],
)
def test_a_mistyped_command_is_one_sentence_of_ours(run, typed, told):
    result = run(*typed)
    assert (result.exit_code, told in result.stderr) == (NOT_UNDERSTOOD, True), result.stderr


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (RefusedError("x"), SAYS_NO),
        (NotFoundError("x"), SAYS_NO),
        (ConflictError("x"), SAYS_NO),
        (InvalidRequestError("x"), NOT_UNDERSTOOD),
        (UnauthenticatedError("x"), NOT_ALLOWED),
        (ForbiddenError("x"), NOT_ALLOWED),
        (TooManyAttemptsError("x", retry_after=1), NOT_ALLOWED),
        (UnavailableError("x"), CANNOT_ANSWER),
        (MisconfiguredError("x"), CANNOT_ANSWER),
    ],
)
def test_the_kind_of_error_is_in_the_exit_code(problem: FaellesError, code: int):
    assert exit_code(problem) == code


def test_every_wrong_field_has_its_line():
    assert explanation(invalid_field("--branch", "command_branch_missing")).splitlines()[1].startswith("  --branch: ")


def test_help_names_every_command(run):
    shown = run("--help").stdout
    for name in (
        "serve",
        "migrate",
        "load",
        "staff",
        "keys",
        "login",
        "checkout",
        "return",
        "renew",
        "patron",
        "policy",
    ):
        assert name in shown


def test_a_new_key_is_one_that_the_program_reads(run):
    [key] = parse_master_keys(run("keys", "new", "--number", 7).stdout.strip())
    assert key.identifier == 7


def test_migrating_again_is_harmless(run):
    assert run("migrate").exit_code == 0


def test_who_is_not_signed_in_is_told_how(run):
    result = run("whoami")
    assert (result.exit_code, result.stdout) == (NOT_ALLOWED, "")
    assert "faelles login" in result.stderr


def test_a_database_that_is_away_is_one_sentence(run, monkeypatch):
    monkeypatch.setenv("FAELLES_DATABASE_URL", "postgresql://somebody:secret@127.0.0.1:1/nowhere")
    result = run("migrate")
    assert result.exit_code == CANNOT_ANSWER
    assert "127.0.0.1:1/nowhere" in result.stderr
    assert "secret" not in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("address", ["library", "postgresql://u:p@[::1/library"])
def test_a_malformed_address_is_one_sentence(run, monkeypatch, address):
    monkeypatch.setenv("FAELLES_DATABASE_URL", address)
    result = run("whoami")
    assert (result.exit_code, "FAELLES_DATABASE_URL" in result.stderr) == (CANNOT_ANSWER, True)


def test_an_error_as_json_is_an_object(run):
    result = run("patron", "find", "Søren", "--json")
    assert json.loads(result.stderr)["error"]["code"] == "command_not_signed_in"


def test_being_stopped_before_it_has_begun_is_no_error(monkeypatch):
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "application", interrupted)
    monkeypatch.setattr("sys.argv", ["faelles", "demo"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == STOPPED


@pytest.mark.parametrize("typed", [("checkout", "\udcff", "5001000007"), ("patron", "find", "\ud800")])
def test_what_is_not_utf_8_is_one_sentence(monkeypatch, capsys, typed):
    monkeypatch.setattr("sys.argv", ["faelles", *typed])
    with pytest.raises(SystemExit) as end:
        main.main()
    assert (end.value.code, capsys.readouterr().err.count("\n")) == (NOT_UNDERSTOOD, 1)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_nor_is_it_read_from_standard_input(monkeypatch, encoding):
    errors = "strict" if encoding == "utf-8" else "surrogateescape"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding=encoding, errors=errors))
    with pytest.raises(InvalidRequestError, match="typed_not_utf8"):
        unseen("-")


def test_what_is_wrong_as_a_whole_names_no_field():
    problem = invalid_field("", "field_one_of", fields="loans, patron, item")
    assert explanation(problem).splitlines()[1].strip().startswith("Give exactly one of")


def test_a_narrow_table_cuts_nothing_off(monkeypatch, capsys):
    monkeypatch.setattr(output, "_out", Console(width=30))
    output.show_table(["demo_name", "demo_password"], [("Karen Margrethe Blixen", "sip2-710100-demo-sortering")])
    told = capsys.readouterr().out
    assert "sip2-710100-demo-sortering" in told
    assert all(name in told for name in ("Karen", "Margrethe", "Blixen"))


def test_what_the_machine_refuses_is_one_sentence(capsys):
    async def write_to_a_full_disk() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "var/demo.json")

    with pytest.raises(typer.Exit) as ended:
        perform(write_to_a_full_disk())
    assert ended.value.exit_code == CANNOT_ANSWER
    assert "No space left on device (var/demo.json)" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [asyncio.CancelledError, KeyboardInterrupt])
def test_being_stopped_is_no_error(stop):
    async def work() -> None:
        raise stop

    with pytest.raises(typer.Exit) as left:
        perform(work())
    assert left.value.exit_code == STOPPED
