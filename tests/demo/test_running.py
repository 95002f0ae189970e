"""`faelles demo`, as a process: from start to Ctrl-C, and what it will not do."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest
from typer.testing import CliRunner, Result

from demo.conftest import ISILS, Country
from faelles.doors.command import demo
from faelles.doors.command.main import app
from faelles.doors.command.words import LANGUAGE
from faelles.ground.crypto import new_master_key
from faelles.ground.database.embedded.locks import claim
from faelles.ground.i18n import text

START = f"""
from faelles.demo.model import Scale
from faelles.doors.command.demo import run_demo
run_demo(Scale(patrons=400, items=900, isils=frozenset({ISILS!r})))
"""
LIMIT = 60


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return opened.getsockname()[1]


def start(country: Country, state: Path, port: int) -> "subprocess.Popen[str]":
    environment = os.environ | {
        "FAELLES_DATABASE_URL": country.url,
        "FAELLES_MASTER_KEY": country.master_key,
        "FAELLES_STATE": str(state),
        "FAELLES_HTTP_PORT": str(port),
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
    deadline = time.monotonic() + LIMIT
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return msgspec.json.decode(file.read_bytes())


def test_it_serves_what_it_wrote_down_until_it_is_told_to_stop(country: Country, tmp_path: Path):
    served = start(country, tmp_path, free_port())
    try:
        content = written(tmp_path / "demo.json")
        agency = content["agencies"][0]
        wish = {
            "borrower": {"card": agency["patrons"][0]["card"]},
            "item": agency["items"][0],
            "branch": agency["branch"],
            "dry_run": True,
        }
        headers = {"Authorization": f"Bearer {agency['token']}"}
        answer = httpx.post(f"{content['http']}/api/v1/checkouts", headers=headers, json=wish)
        served.send_signal(signal.SIGINT)
        said, complaints = served.communicate(timeout=LIMIT)
    finally:
        served.kill()
        served.wait()
    check_shape(content)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "allowed")
    assert served.returncode == 0, complaints
    assert said.rstrip().endswith("Stopped.")
    assert all(told in said for told in (content["http"], agency["staff"]["password"], agency["token"], wish["item"]))


def check_shape(content: dict) -> None:
    """As scripts expect it."""
    assert content.keys() == {"http", "agencies", "operator"}
    assert content["operator"].keys() == {"isil", "username", "password"}
    assert [agency["isil"] for agency in content["agencies"]] == list(ISILS)
    for agency in content["agencies"]:
        assert agency.keys() == {
            "isil", "name", "branch", "branch_code", "branch_name", "staff", "token", "patrons", "blocked_patron",
            "indebted_patron", "items", "item_not_for_loan",
        }  # fmt: skip
        assert agency["staff"].keys() == {"username", "password"}
        for patron in (*agency["patrons"], agency["blocked_patron"], agency["indebted_patron"]):
            assert patron.keys() == {"card", "pin", "name"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `faelles demo` where it is to refuse before it starts anything."""
    monkeypatch.setenv("FAELLES_STATE", str(tmp_path))
    monkeypatch.delenv("FAELLES_DATABASE_URL", raising=False)
    monkeypatch.setattr(demo, "configure_logging", lambda **_: None)

    def command(*words: str, **settings: object) -> Result:
        return CliRunner().invoke(app, ["demo", *words], env={name: str(value) for name, value in settings.items()})

    return command


def refusal(code: str, **parameters: object) -> str:
    return text(code, LANGUAGE, parameters) + "\n"


def test_a_port_that_is_taken_is_one_clear_sentence(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run(FAELLES_HTTP_PORT=port)
    assert refused.exit_code == 4
    assert refused.stderr == refusal("demo_address_taken", address=f"127.0.0.1:{port}")


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
