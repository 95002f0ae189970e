"""A round by the systems outside: what is due to be said to them, and what they have to say. For one agency; it may be
made at any time, and twice at once.
"""

from collections.abc import Awaitable

from faelles.fees.debt.importing import import_files
from faelles.fees.debt.operations import deliver
from faelles.fees.neighbours.model import Role
from faelles.fees.neighbours.store import load
from faelles.fees.payments.model import Outside
from faelles.fees.payments.operations import finish
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import RefusedError, UnavailableError
from faelles.ground.ids import AgencyId
from faelles.ground.log import logger
from faelles.people.model import system_caller

_log = logger("fees.rounds")


async def make_round(database: Database, outside: Outside, agency: AgencyId) -> None:
    """Finish orders and refunds, deliver files, take in answers. A system that is away is left for the next round."""
    await finish(database, outside, agency)
    if await database.run(agency, SYSTEM, lambda tx: load(tx, Role.DEBTS), read_only=True) is None:
        return
    caller = system_caller(agency)
    await _unless_away(agency, deliver(database, outside, caller))
    await _unless_away(agency, import_files(database, outside, caller))


async def _unless_away(agency: AgencyId, errand: Awaitable[object]) -> None:
    try:
        await errand
    except (RefusedError, UnavailableError) as problem:
        _log.warning("debtor system away", agency=agency, reason=problem.code)
