"""The command line against the test run's database, in a state directory of the test's own."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from circulation.lending_library import Clock, LendingLibrary
from doors.command.administrator import administrators_token
from faelles.doors.command import frame, staff_session
from faelles.doors.command.main import application
from faelles.ground.actor import SYSTEM
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.ids import NATION
from faelles.policies.seeds import seed_agency, seed_nation
from town import Town

PASSWORD = "korrekt hest batteri"

Run = Callable[..., Result]


@pytest.fixture
def run(owner_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `faelles` with these words; the result has exit_code, stdout and stderr."""
    monkeypatch.setenv("FAELLES_DATABASE_URL", owner_url)
    monkeypatch.setenv("FAELLES_STATE", str(tmp_path))
    monkeypatch.setenv("FAELLES_PASSWORD", PASSWORD)
    monkeypatch.delenv("FAELLES_TOKEN", raising=False)
    # Logging is the process's; set up here it would outlive the test, and its stream.
    monkeypatch.setattr(frame, "configure_logging", lambda **_: None)

    def command(*words: object, typed: str = "") -> Result:
        said = [str(word) for word in words]
        return CliRunner().invoke(application(*said[:1]), said, input=typed)

    return command


@pytest.fixture
async def library(database: Database, town: Town, keyring: Keyring) -> LendingLibrary:
    """A municipality with rules, whose clock is everybody's: the program under test reads the real one."""
    await database.run(NATION, SYSTEM, seed_nation)
    await database.run(town.agency, SYSTEM, seed_agency)
    async with database.transaction(town.agency, SYSTEM) as tx:
        groups = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM patron_group")}
        materials = {row["code"]: row["id"] for row in await tx.rows("SELECT code, id FROM material_group")}
    return LendingLibrary(town, database, keyring, Clock(), groups, materials)


@pytest.fixture
async def at_desk(run: Run, database: Database, town: Town, tmp_path: Path) -> Run:
    """As `run`, signed in as an administrator who stands in the main branch."""
    token = await administrators_token(database, town.agency)
    kept = staff_session.StaffSession(token=token, branch=town.main)
    (tmp_path / "session.json").write_bytes(msgspec.json.encode(kept))
    return run
