"""Tills and debts from a terminal."""

import json
from pathlib import Path

import pytest

from doors.command.conftest import Run
from faelles.doors.command.frame import NOT_UNDERSTOOD, SAYS_NO
from faelles.fees.desk.model import ManualCharge, ManualKind
from faelles.fees.desk.operations import charge_manually
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.fees.neighbours.operations import set_neighbour
from faelles.fees.tills.model import NewTill
from faelles.fees.tills.operations import create_till
from faelles.ground.actor import SYSTEM
from faelles.ground.config import read_config
from faelles.ground.database import Database
from faelles.people.model import system_caller
from fees.accounts import move_in
from town import Town


@pytest.fixture
async def till(database: Database, town: Town) -> int:
    async with database.transaction(town.agency, SYSTEM) as tx:
        return (await create_till(tx, system_caller(town.agency), NewTill(branch=town.main, name="Skranken"))).id


def test_a_till_is_opened_counted_and_reported(at_desk: Run, till: int):
    session = json.loads(at_desk("till", "open", till, "--float", 50_000, "--json").stdout)
    assert "Skranken" in at_desk("till", "list").stdout
    assert at_desk("till", "open", till).exit_code == SAYS_NO
    closed = at_desk("till", "close", till, "--cash", 49_900)
    assert (closed.exit_code, "DKK" in closed.stdout, "1.00" in closed.stdout) == (0, True, True)
    report = json.loads(at_desk("till", "report", session["id"], "--json").stdout)
    assert report["lines"][0]["difference_ore"] == -100


@pytest.fixture
async def old_debt(database: Database, town: Town, tmp_path: Path) -> None:
    """A debt that is to be handed over, to the built-in debtor system."""
    here = read_config({"FAELLES_STATE": str(tmp_path)})
    caller, household = system_caller(town.agency), await move_in(database, town)
    async with database.transaction(town.agency, SYSTEM) as tx:
        pretended = SetNeighbour(adapter=Adapter.BUILT_IN)
        await set_neighbour(tx, caller, here.keyring, here.installation, Role.DEBTS, pretended)
        charge = ManualCharge(branch=town.main, kind=ManualKind.MANUAL, amount_ore=25_000, reason="Kaffe")
        made = await charge_manually(tx, caller, household.patron, charge)
        await tx.execute(
            "INSERT INTO debt_claim (agency_id, charge_id, told_ore, handed_over_at) VALUES ($1, $2, 0, $3)",
            tx.agency,
            made.charge,
            tx.now,
        )


@pytest.mark.usefixtures("old_debt")
def test_debts_are_noticed_exported_answered_and_agree(at_desk: Run):
    assert json.loads(at_desk("debt", "notices", "--json").stdout) == {"written": 1}
    assert [each["standing"] for each in json.loads(at_desk("debt", "excluded", "--json").stdout)] == ["untold"]
    assert "not given" in at_desk("debt", "excluded").stdout
    owing = json.loads(at_desk("debt", "excluded", "--json").stdout)[0]["patron"]
    assert [each["amount_ore"] for each in json.loads(at_desk("debt", "statement", owing, "--json").stdout)] == [25_000]
    assert "250.00" in at_desk("debt", "statement", owing).stdout
    assert at_desk("debt", "reconcile").exit_code == SAYS_NO
    assert json.loads(at_desk("debt", "export", "--json").stdout)["claims"] == 1
    assert "Applied: 1" in at_desk("debt", "import").stdout
    assert at_desk("debt", "settle", "p-1", "--reason", "Aftalt").exit_code == SAYS_NO
    agreed = at_desk("debt", "reconcile")
    assert (agreed.exit_code, "agree" in agreed.stdout) == (0, True)


def test_a_till_is_set_up_and_taken_out_of_use(at_desk: Run):
    added = json.loads(at_desk("till", "add", "Børnekassen", "--json").stdout)
    assert "Børnekassen" in at_desk("till", "list").stdout
    assert at_desk("till", "add", "Børnekassen").exit_code == SAYS_NO
    assert at_desk("till", "remove", added["id"]).exit_code == 0
    assert "Børnekassen" not in at_desk("till", "list").stdout


def test_neighbours_are_chosen_and_their_secrets_told_once(at_desk: Run):
    chosen = at_desk("neighbour", "set", "payments", "http", "--address", "https://pay.example/api", "--merchant", "M1")
    assert "shown only now" in chosen.stdout
    assert "https://pay.example/api" in at_desk("neighbour", "list").stdout
    assert "secret" not in at_desk("neighbour", "list", "--json").stdout
    assert at_desk("neighbour", "set", "payments", "file_drop").exit_code == NOT_UNDERSTOOD
