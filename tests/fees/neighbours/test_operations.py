"""Which systems an agency deals with about money."""

from pathlib import Path

import pytest

from faelles.fees.neighbours import operations
from faelles.fees.neighbours.model import Adapter, Role, SetNeighbour
from faelles.ground.actor import SYSTEM
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import ConflictError, ForbiddenError, InvalidRequestError, MisconfiguredError
from faelles.people.model import Permission, system_caller
from fees.accounts import staff
from town import Town

HERE = Installation(is_production=False, public_url="http://127.0.0.1:8000", exchange_directory=Path("x"))
PRODUCTION = Installation(is_production=True, public_url="https://bib.dk", exchange_directory=Path("x"))
SECRET = "sixteen characters or more"


async def set_neighbour(
    database: Database, town: Town, keyring: Keyring, request: SetNeighbour, role=Role.PAYMENTS, where=HERE, caller=None
):
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await operations.set_neighbour(tx, caller or system_caller(town.agency), keyring, where, role, request)


async def known(database: Database, town: Town, keyring: Keyring, where=HERE):
    async with database.transaction(town.agency, SYSTEM) as tx:
        return await operations.neighbour_for(tx, keyring, where, Role.PAYMENTS)


async def test_a_secret_is_told_once_kept_sealed_and_survives_a_change(
    database: Database, town: Town, keyring: Keyring
):
    pretended = (await set_neighbour(database, town, keyring, SetNeighbour(adapter=Adapter.BUILT_IN))).secret
    real = SetNeighbour(adapter=Adapter.HTTP, address="https://pay.example/v0")
    made = (await set_neighbour(database, town, keyring, real)).secret
    assert made not in {None, pretended}
    again = await set_neighbour(
        database, town, keyring, SetNeighbour(adapter=Adapter.HTTP, address="https://pay.example/v1")
    )
    assert (again.secret, (await known(database, town, keyring)).secret) == (None, made)
    await set_neighbour(
        database, town, keyring, SetNeighbour(adapter=Adapter.HTTP, address="https://pay.example/v1", secret=SECRET)
    )
    assert (await known(database, town, keyring)).secret == SECRET
    async with database.transaction(town.agency, SYSTEM) as tx:
        shown = await operations.show_neighbour(tx, system_caller(town.agency), Role.PAYMENTS)
        sealed = await tx.value("SELECT secret FROM money_neighbour WHERE agency_id = $1", tx.agency)
    assert (shown.address, shown.adapter) == ("https://pay.example/v1", Adapter.HTTP)
    assert SECRET.encode() not in sealed


@pytest.mark.parametrize(
    ("request_", "role", "where"),
    [
        (SetNeighbour(adapter=Adapter.FILE_DROP), Role.PAYMENTS, HERE),
        (SetNeighbour(adapter=Adapter.HTTP), Role.PAYMENTS, HERE),
        (SetNeighbour(adapter=Adapter.FILE_DROP, address="https://debts.example"), Role.DEBTS, HERE),
        (SetNeighbour(adapter=Adapter.HTTP, address="http://pay.example"), Role.PAYMENTS, HERE),
        (SetNeighbour(adapter=Adapter.HTTP, address="http://127.0.0.1:9"), Role.PAYMENTS, PRODUCTION),
        (SetNeighbour(adapter=Adapter.HTTP, address="https://127.0.0.1:9"), Role.PAYMENTS, PRODUCTION),
        (SetNeighbour(adapter=Adapter.BUILT_IN), Role.PAYMENTS, PRODUCTION),
    ],
)
async def test_what_cannot_be_used_is_refused(database: Database, town: Town, keyring: Keyring, request_, role, where):
    with pytest.raises(InvalidRequestError):
        await set_neighbour(database, town, keyring, request_, role, where)


async def test_a_pretended_system_is_not_used_in_production_and_keeps_it_from_starting(
    database: Database, town: Town, keyring: Keyring
):
    await set_neighbour(database, town, keyring, SetNeighbour(adapter=Adapter.BUILT_IN))
    with pytest.raises(MisconfiguredError):
        await known(database, town, keyring, PRODUCTION)
    with pytest.raises(MisconfiguredError):
        await operations.refuse_pretended(database)


async def test_there_is_none_until_one_is_chosen(database: Database, town: Town, keyring: Keyring):
    with pytest.raises(ConflictError, match="money_neighbour_missing"):
        await known(database, town, keyring)


async def test_choosing_is_for_those_who_may_for_the_whole_agency(database: Database, town: Town, keyring: Keyring):
    for caller in (staff(town, Permission.FEE_PAY), staff(town, Permission.MONEY_SETUP, division=town.library)):
        with pytest.raises(ForbiddenError):
            await set_neighbour(database, town, keyring, SetNeighbour(adapter=Adapter.BUILT_IN), caller=caller)
