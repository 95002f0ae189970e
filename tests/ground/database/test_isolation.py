import pytest

from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from town import Town


async def test_the_application_role_sees_nothing_before_an_agency_is_set(database: Database, town: Town):
    assert await database.outside_agencies("SELECT * FROM event_reader") == []


async def test_another_agency_sees_none_of_our_rows(database: Database, town: Town, neighbour: Town):
    async with database.transaction(town.agency, SYSTEM) as tx:
        await tx.execute("INSERT INTO role (agency_id, code, name, permissions) VALUES ($1, 'x', 'x', '{}')", tx.agency)
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        assert await tx.rows("SELECT * FROM role WHERE agency_id = $1", town.agency) == []


async def test_an_exception_rolls_everything_back(database: Database, town: Town):
    async def write_and_fail(tx: Transaction) -> None:
        await tx.execute("INSERT INTO role (agency_id, code, name, permissions) VALUES ($1, 'y', 'y', '{}')", tx.agency)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.run(town.agency, SYSTEM, write_and_fail)
    async with database.transaction(town.agency, SYSTEM) as tx:
        assert await tx.rows("SELECT * FROM role WHERE agency_id = $1 AND code = 'y'", town.agency) == []
