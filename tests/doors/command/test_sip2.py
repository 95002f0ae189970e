"""Talking to a SIP2 server from a terminal: what is sent, what is shown, what is hidden."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from typer.testing import CliRunner, Result

from faelles.doors.command.frame import CANNOT_ANSWER, NOT_UNDERSTOOD, SAYS_NO
from faelles.doors.command.main import application
from faelles.doors.sip2.checksum import seal, unseal

DATE = "20261122    120000"
ANSWERS = {
    "93": "941",
    "99": f"98YYYYYN300003{DATE}2.00AODK-710100|BXYYYYYYYYYYYYYYYY|AFVelkommen|",
    "11": f"120NUN{DATE}AODK-710100|AA7|AB1|AJ|AH|AFBogen er udlånt.|",
    "23": f"24YYYY          009{DATE}AODK-710100|AA7|AE|BLN|CQN|AFLånerkortet kendes ikke.|",
    "17": f"18010001{DATE}AB1|AJ|AFMaterialet kendes ikke.|",
    "35": f"10{DATE}",
}


@dataclass
class Automaton:
    """A server that gives every message the same answer each time."""

    port: int
    heard: list[str] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        with listening.accept()[0] as line:
            data = b""
            while more := line.recv(4096):
                data += more
                while b"\r" in data:
                    frame, _, data = data.partition(b"\r")
                    sealed = unseal(frame.strip())
                    self.heard.append(sealed.body.decode())
                    if answer := ANSWERS.get(self.heard[-1][:2]):
                        line.sendall(seal(answer.encode(), sealed) + b"\r")
                    else:
                        return


@pytest.fixture
def automaton() -> Iterator[Automaton]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made = Automaton(listening.getsockname()[1])
        thread = threading.Thread(target=made.serve, args=(listening,), daemon=True)
        thread.start()
        yield made


def talk(automaton: Automaton, *words: str, typed: str | None = None) -> Result:
    environment = {"FAELLES_SIP2_SECRET": "hemmeligt", "COLUMNS": "120"}
    return CliRunner().invoke(
        application(), ["sip2", "talk", f"127.0.0.1:{automaton.port}", *words], input=typed, env=environment
    )


def test_what_nobody_is_to_see_is_read_line_by_line(automaton: Automaton):
    talk(automaton, "--institution", "DK-1", "patron", "-", "-", typed="2304790001\n4711\n")
    assert automaton.heard[0].endswith("AODK-1|AA2304790001|AD4711|")


def test_a_login_and_one_command_are_shown_field_by_field(automaton: Automaton):
    result = talk(automaton, "--user", "dk-710100.hall-2", "status")
    assert result.exit_code == 0, result.output
    for told in ("login_user_id", "dk-710100.hall-2", "on_line_status", "Velkommen", "supported_messages"):
        assert told in result.stdout
    assert automaton.heard[0] == "9300CNdk-710100.hall-2|COhemmeligt|"
    assert automaton.heard[1].startswith("9900802.00")
    assert "checksum right" in result.stderr


def test_the_secret_and_the_pin_are_not_on_the_screen(automaton: Automaton):
    result = talk(automaton, "--user", "x", "checkout", "7", "1", "4711")
    assert "AD4711" in automaton.heard[1]
    for secret in ("hemmeligt", "4711"):
        assert secret not in result.output


def test_a_refusal_exits_with_no(automaton: Automaton):
    result = talk(automaton, "checkout", "7", "1", "no_block=Y", "AO=DK-1")
    assert (result.exit_code, "Bogen er udlånt." in result.stdout) == (SAYS_NO, True)
    assert automaton.heard[0].startswith("11YY")
    assert "AODK-1|AA7|AB1|" in automaton.heard[0]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("card", "7", "4711"), id="nobody has the card"),
        pytest.param(("item", "1"), id="no copy has the number"),
        pytest.param(("end", "7"), id="another message than the one that answers it"),
        pytest.param(("--message", "11", "status"), id="a message before the command was refused"),
    ],
)
def test_only_what_was_answered_well_exits_with_yes(words: tuple[str, ...], automaton: Automaton):
    assert talk(automaton, *words).exit_code == SAYS_NO


def test_lines_that_were_all_answered_well_exit_with_yes(automaton: Automaton):
    assert talk(automaton, typed="status\nraw 9900802.00\n").exit_code == 0


def test_a_line_that_was_refused_exits_with_no(automaton: Automaton):
    assert talk(automaton, typed="checkout 7 1\nstatus\n").exit_code == SAYS_NO


def test_a_login_that_names_nobody_is_the_machines_own(automaton: Automaton):
    result = talk(automaton, "--user", "dk-710100.hall-2", "login")
    assert result.exit_code == 0
    assert automaton.heard == ["9300CNdk-710100.hall-2|COhemmeligt|"] * 2


def test_after_a_login_that_failed_nothing_is_sent(automaton: Automaton, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(ANSWERS, "93", "940")
    assert talk(automaton, "--user", "x", "status").exit_code == SAYS_NO
    assert [each[:2] for each in automaton.heard] == ["93"]


def test_a_message_is_sent_as_it_is_and_an_answer_is_json(automaton: Automaton):
    [answer] = [json.loads(talk(automaton, "--message", "9900802.00", "--json", "--no-checksums").stdout)]
    assert automaton.heard == ["9900802.00"]
    assert (answer["code"], answer["fields"]["AF"], answer["fixed"]["on_line_status"]) == ("98", ["Velkommen"], "Y")


def test_line_by_line_until_quit_and_a_slip_changes_nothing(automaton: Automaton):
    result = talk(automaton, typed="status\nfrobnicate\nhelp\nraw 9900802.00\nstatus 'x\nquit\nstatus\n")
    assert (result.exit_code, len(automaton.heard)) == (SAYS_NO, 2)
    assert "no such command" in result.stderr
    assert "renew-all" in result.stdout


def test_a_server_that_hangs_up_is_told(automaton: Automaton):
    result = talk(automaton, "renew-all", "7")
    assert (result.exit_code, "closed the connection" in result.stderr) == (CANNOT_ANSWER, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("127.0.0.1:1", "status"), CANNOT_ANSWER),
        (("localhost", "status"), NOT_UNDERSTOOD),
        (("127.0.0.1:1", "--ca", "/nope.pem", "status"), NOT_UNDERSTOOD),
    ],
)
def test_where_nobody_is_is_one_sentence(words: tuple[str, ...], code: int):
    result = CliRunner().invoke(application(), ["sip2", "talk", *words])
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_too_many_words_are_told_with_the_right_ones(automaton: Automaton):
    result = talk(automaton, "item", "1", "2")
    assert (result.exit_code, "item item_identifier" in result.stderr) == (NOT_UNDERSTOOD, True)
