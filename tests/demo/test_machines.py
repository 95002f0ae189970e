"""The demonstration's self-check and sorter come in with what is written down, whatever became of them meanwhile."""

import pytest

from demo.conftest import Country
from faelles.demo.model import AgencySample, MachineSample
from faelles.ground.actor import SYSTEM
from faelles.ground.errors import TooManyAttemptsError, UnauthenticatedError
from faelles.people.machines.model import MachineChange
from faelles.people.machines.operations import change_machine, replace_machine_secret
from faelles.people.machines.terminal import Terminal
from faelles.people.model import MachineKind, system_caller
from faelles.people.terminals.sign_in import sign_in_terminal


async def sign_in(country: Country, sample: MachineSample | None, password: str | None = None) -> Terminal:
    assert sample is not None
    return await sign_in_terminal(
        country.database, country.keyring, username=sample.username, secret=password or sample.password
    )


@pytest.fixture
async def sample(country: Country) -> AgencySample:
    return (await country.samples())[0]


async def test_they_stand_in_the_branch_that_is_shown(country: Country, sample: AgencySample):
    automat, sorter = await sign_in(country, sample.sip2), await sign_in(country, sample.sorter)
    assert (automat.kind, sorter.kind) == (MachineKind.SELF_CHECK, MachineKind.SORTER)
    assert automat.branch == sorter.branch == sample.branch


async def test_every_agency_has_its_own_and_every_start_tells_the_same(country: Country, sample: AgencySample):
    again = await country.samples()
    assert (again[0].sip2, again[0].sorter) == (sample.sip2, sample.sorter)
    assert again[1].sip2 != sample.sip2


async def test_a_machine_that_was_changed_disabled_or_locked_is_there_again(country: Country, sample: AgencySample):
    terminal = await sign_in(country, sample.sip2)
    agency = terminal.caller.agency
    async with country.database.transaction(agency, SYSTEM) as tx:
        await replace_machine_secret(tx, system_caller(agency), terminal.machine)
        await change_machine(tx, system_caller(agency), terminal.machine, MachineChange(is_disabled=True))
    for _ in range(5):
        with pytest.raises(UnauthenticatedError):
            await sign_in(country, sample.sip2)
    with pytest.raises(TooManyAttemptsError):
        await sign_in(country, sample.sip2)
    await country.samples()
    assert (await sign_in(country, sample.sip2)).machine == terminal.machine
