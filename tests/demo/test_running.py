"""`faelles demo`, as a process: from start to Ctrl-C, and what it will not do."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import httpx
import msgspec
import pytest
from typer.testing import CliRunner, Result

from demo.conftest import ISILS, Country
from faelles.doors.command import demo
from faelles.doors.command.main import application
from faelles.doors.command.words import LANGUAGE
from faelles.doors.sip2.client import Address, connected, request
from faelles.ground.crypto import new_master_key
from faelles.ground.database.embedded.locks import claim
from faelles.ground.i18n import text
from faelles.people.machines.terminal import Encoding
from waiting import PATIENCE, free_port

START = f"""
from faelles.demo.model import Scale
from faelles.doors.command.demo import run_demo
run_demo(Scale(patrons=400, items=900, isils=frozenset({ISILS!r})))
"""


def start(country: Country, state: Path, port: int, sip2_port: int) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "FAELLES_DATABASE_URL": country.url,
        "FAELLES_MASTER_KEY": country.master_key,
        "FAELLES_STATE": str(state),
        "FAELLES_HTTP_PORT": str(port),
        "FAELLES_SIP2_PORT": str(sip2_port),
        "FAELLES_LANGUAGE": "en",
    }
    return subprocess.Popen(
        [sys.executable, "-c", START],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def written(file: Path) -> dict:
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return msgspec.json.decode(file.read_bytes())


def test_it_serves_what_it_wrote_down_until_it_is_told_to_stop(country: Country, tmp_path: Path):
    with start(country, tmp_path, free_port(), free_port()) as served, ExitStack() as in_the_end:
        in_the_end.callback(served.kill)
        content = written(tmp_path / "demo.json")
        agency = content["agencies"][0]
        wish = {
            "borrower": {"card": agency["patrons"][0]["card"]},
            "item": agency["items"][0],
            "branch": agency["branch"],
            "dry_run": True,
        }
        headers = {"Authorization": f"Bearer {agency['token']}"}
        answer = httpx.post(f"{content['http']}/api/v1/checkouts", headers=headers, json=wish, timeout=PATIENCE)
        shown = talked(content["sip2"], agency)
        counted = httpx.get(f"{content['http']}/metrics", timeout=PATIENCE).text
        served.send_signal(signal.SIGINT)
        said, complaints = served.communicate(timeout=PATIENCE)
    check_shape(content)
    assert (answer.status_code, answer.json().get("outcome")) == (200, "allowed"), answer.text
    assert served.returncode == 0, complaints
    assert (shown[:2], f"AA{agency['patrons'][0]['card']}|" in shown) == ("64", True)
    assert 'faelles_sip2_message_seconds_count{message="63",outcome="answered"} 1.0' in counted
    assert said.rstrip().endswith("Stopped.")
    assert all(told in said for told in (content["http"], agency["staff"]["password"], agency["token"], wish["item"]))


def talked(address: str, agency: dict) -> str:
    """What the demonstration's self-check is told of the first patron."""
    host, _, port = address.rpartition(":")
    machine, patron = agency["sip2"], agency["patrons"][0]
    with connected(Address(host, int(port)), Encoding.UTF_8) as client:
        assert client.ask(f"9300CN{machine['username']}|CO{machine['password']}|").answer.startswith(b"941")
        asked = request("63", {"AA": patron["card"], "AD": patron["pin"]}, datetime.now().astimezone())
        return client.ask(asked).answer.decode()


def check_shape(content: dict) -> None:
    """As scripts expect it."""
    assert content.keys() == {"http", "sip2", "agencies", "fbs", "operator"}
    assert content["operator"].keys() == {"isil", "username", "password"}
    assert [agency["isil"] for agency in content["agencies"]] == list(ISILS)
    for agency in content["agencies"]:
        assert agency.keys() == {
            "isil", "name", "branch", "branch_code", "branch_name", "staff", "token", "patrons", "blocked_patron",
            "indebted_patron", "items", "item_not_for_loan", "sip2", "sorter", "excluded_patron", "till",
        }  # fmt: skip
        for known in ("staff", "sip2", "sorter"):
            assert agency[known].keys() == {"username", "password"}
        for patron in (*agency["patrons"], agency["blocked_patron"], agency["indebted_patron"]):
            assert patron.keys() == {"card", "pin", "name"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `faelles demo` where it is to refuse before it starts anything."""
    monkeypatch.setenv("FAELLES_STATE", str(tmp_path))
    monkeypatch.delenv("FAELLES_DATABASE_URL", raising=False)
    monkeypatch.setattr(demo, "configure_logging", lambda **_: None)

    def command(*words: str, **settings: object) -> Result:
        return CliRunner().invoke(
            application("demo"), ["demo", *words], env={name: str(value) for name, value in settings.items()}
        )

    return command


def refusal(code: str, **parameters: object) -> str:
    return text(code, LANGUAGE, parameters) + "\n"


@pytest.mark.parametrize("setting", ["FAELLES_HTTP_PORT", "FAELLES_SIP2_PORT"])
def test_a_port_that_is_taken_is_one_clear_sentence(run, setting):
    free = {name: free_port() for name in ("FAELLES_HTTP_PORT", "FAELLES_SIP2_PORT")}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run(**(free | {setting: port}))
    assert refused.exit_code == 4
    assert refused.stderr == refusal("demo_address_taken", address=f"127.0.0.1:{port}", example=f"{setting}={port + 1}")


def test_an_address_that_this_machine_does_not_have_is_not_said_to_be_taken(run):
    refused = run(FAELLES_HTTP_HOST="192.0.2.1", FAELLES_HTTP_PORT="8000")
    assert refused.stderr == refusal("address_not_free", address="192.0.2.1:8000")


def test_made_up_people_stay_out_of_production(run):
    refused = run(FAELLES_PRODUCTION=1, FAELLES_MASTER_KEY=new_master_key())
    assert (refused.exit_code, refused.stderr) == (4, refusal("demo_not_in_production"))


def test_there_is_one_demonstration_at_a_time(run, tmp_path: Path):
    held = claim(tmp_path / "demo.lock")
    assert held is not None
    os.write(held, b"4711")
    refused = run()
    os.close(held)
    assert refused.exit_code == 4
    assert refused.stderr == refusal("demo_runs_already", process=4711, state=tmp_path)


def test_a_database_that_is_not_the_demonstrations_own_is_not_deleted(run):
    refused = run("--reset", FAELLES_DATABASE_URL="postgresql://127.0.0.1:1/b")
    assert (refused.exit_code, refused.stderr) == (4, refusal("demo_reset_needs_embedded"))
