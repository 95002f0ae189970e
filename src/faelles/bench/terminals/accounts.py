"""A self-check in every agency of the data set, as fast as its line allows."""

from collections.abc import Sequence

from faelles.bench.country import Country
from faelles.bench.terminals.lines import Account
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Transaction
from faelles.ground.database.pool import open_database
from faelles.ground.ids import AgencyId
from faelles.people.machines.model import MachineSecret, NewMachine
from faelles.people.machines.operations import create_machine
from faelles.people.model import MachineKind, system_caller
from faelles.people.terminals.model import ProfileChange
from faelles.people.terminals.operations import change_profile

_UNBOUNDED = 100_000


async def open_accounts(url: str, country: Country) -> Sequence[Account]:
    """Each stands in its agency's first branch."""
    accounts = []
    async with open_database(url, connections=2) as database:
        for agency in map(AgencyId, country.agencies):
            made = await database.run(agency, SYSTEM, lambda tx: _register(tx, country.branches[tx.agency][0]))
            accounts.append(Account(agency, made.username, made.secret))
    return accounts


async def _register(tx: Transaction, branch: int) -> MachineSecret:
    caller = system_caller(tx.agency)
    new = NewMachine(username="bench", kind=MachineKind.SELF_CHECK, name="Bench", branch=branch)
    made = await create_machine(tx, caller, new)
    await change_profile(tx, caller, made.id, ProfileChange(messages_per_second=_UNBOUNDED))
    return made
