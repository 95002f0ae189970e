"""Acting as the operator: whoever holds the database's login sets up what nobody is signed in for yet."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from faelles.doors.command.words import LANGUAGE
from faelles.doors.runtime import Runtime
from faelles.ground.database import Transaction
from faelles.ground.errors import NotFoundError
from faelles.ground.ids import AgencyId
from faelles.people.model import Caller, system_caller
from faelles.people.operations import agency_behind_isil

Answer = TypeVar("Answer")


async def agency_with_isil(runtime: Runtime, isil: str) -> AgencyId:
    found = await agency_behind_isil(runtime.database, isil)
    if found is None:
        raise NotFoundError("command_agency_unknown", isil=isil[:64])
    return found


async def as_operator(
    runtime: Runtime, agency: AgencyId, work: Callable[[Transaction, Caller], Awaitable[Answer]]
) -> Answer:
    """Do `work` in one transaction of `agency`, as the system itself."""
    caller = system_caller(agency, LANGUAGE)
    return await runtime.database.run(agency, caller.actor, lambda tx: work(tx, caller))
