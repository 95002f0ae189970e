"""Records to test with, and a way to act in one line."""

from collections.abc import Awaitable, Callable
from typing import Any

from faelles.catalog import operations
from faelles.catalog.model import NewRecord, Record
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database, Transaction
from faelles.ground.ids import AgencyId
from faelles.people.model import Caller, system_caller


async def act(database: Database, agency: AgencyId, work: Callable[[Transaction, Caller], Awaitable[Any]]) -> Any:
    caller = system_caller(agency)
    return await database.run(agency, SYSTEM, lambda tx: work(tx, caller))


async def add_record(database: Database, agency: AgencyId, title: str, **given: Any) -> Record:
    new = NewRecord(title=title, material_type=given.pop("material_type", "book"), **given)
    return await act(database, agency, lambda tx, caller: operations.create_record(tx, caller, new))
