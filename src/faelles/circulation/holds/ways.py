"""How copies get from branch to branch: the vans' rounds and the groups that share their stock."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from faelles.agencies.directory import AgencyDirectory
from faelles.agencies.model import Service
from faelles.circulation.holds import queue_store
from faelles.circulation.transit import van_store
from faelles.circulation.transit.vans import days_between
from faelles.ground.database import Transaction
from faelles.ground.ids import AgencyId, BranchId
from faelles.policies.compiled import Settings
from faelles.policies.model import SettingsRevision

Days = dict[tuple[BranchId, BranchId], int]
Groups = tuple[frozenset[BranchId], ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """Vans belong to the settings: what was reckoned from them holds for one revision, on one day."""

    revision: SettingsRevision
    today: date
    days: Days


_known: dict[AgencyId, _Known] = {}


async def read_ways(tx: Transaction, settings: Settings, today: date) -> tuple[Days, Groups]:
    """Days between branches by van, and the float groups. `settings` must have been read in this transaction."""
    known = _known.get(tx.agency)
    if known is None or (known.revision, known.today) != (settings.revision, today):
        vans = await van_store.list_vans(tx)
        is_open = partial(_is_open, settings.directory)
        known = _known[tx.agency] = _Known(settings.revision, today, days_between(vans, today, is_open))
    return known.days, await queue_store.float_groups(tx)


def _is_open(directory: AgencyDirectory, branch: BranchId, day: date) -> bool:
    return branch in directory.branches and directory.calendar(branch, Service.STAFFED).is_open_on(day)
