"""Being rid of a demonstration: whoever runs it is told to stop, and its database is gone."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faelles.doors.command.starting_over import alone, start_over
from faelles.ground.config import Config, read_config
from faelles.ground.crypto import new_master_key
from faelles.ground.database.embedded import EmbeddedCluster
from faelles.ground.errors import MisconfiguredError
from waiting import PATIENCE

HOLD = """
import sys, time
from faelles.doors.command.starting_over import alone
from faelles.ground.config import read_config
with alone(read_config({"FAELLES_STATE": sys.argv[1]})):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def config() -> Iterator[Config]:
    # Not pytest's own directory: as root that is closed to the user PostgreSQL must run as.
    state = Path(tempfile.mkdtemp(prefix="faelles-demo-"))
    state.chmod(0o711)
    yield read_config({"FAELLES_STATE": str(state), "FAELLES_MASTER_KEY": new_master_key()})
    shutil.rmtree(state)


@pytest.fixture
def holder(config: Config) -> "Iterator[subprocess.Popen[str]]":
    """Another process that runs the demonstration of this state directory."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(config.state_directory)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


async def test_the_database_is_deleted_with_what_went_out_of_it(config: Config):
    sent = config.state_directory / "outbox" / "1.1.1.eml"
    sent.parent.mkdir()
    sent.write_text("Kære Åse")
    with EmbeddedCluster(config.state_directory / "postgresql").start() as running:
        home = running.layout.home
    said: list[str] = []
    await start_over(config, say=said.append)
    assert not home.exists()
    assert not sent.exists()
    assert str(home) in said[-1]


async def test_whoever_runs_the_demonstration_is_stopped_first(config: Config, holder: "subprocess.Popen[str]"):
    said: list[str] = []
    await start_over(config, say=said.append)
    assert holder.wait(timeout=PATIENCE) != 0
    assert str(holder.pid) in said[0]


async def test_two_do_not_run_it_at_once(config: Config, holder: "subprocess.Popen[str]"):
    with pytest.raises(MisconfiguredError, match="demo_runs_already") as refused, alone(config):
        pass
    assert refused.value.parameters["process"] == str(holder.pid)
