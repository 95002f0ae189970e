"""The report: what is kept of people now, and whether any of it is over its limit."""

from datetime import date

from faelles.ground.database import Transaction
from faelles.people.model import Caller, Permission
from faelles.privacy import store
from faelles.privacy.limits import Limits, limits_on
from faelles.privacy.model import Entry, Removed, Standing
from faelles.privacy.register import REGISTER


async def report(tx: Transaction, caller: Caller, day: date | None = None) -> list[Standing]:
    """Every entry of the register, counted. After the night of `day` (today by default) nothing is over.

    It counts what the rooms show, and so checks what the night did by another way than the night's own.
    """
    caller.require_throughout(Permission.PRIVACY)
    limits = await limits_on(tx, day)
    here = [entry for entry in REGISTER.entry if entry.removed is not Removed.OUTSIDE and entry.tables]
    found = await store.standing(tx, {entry.id: limits.since(entry) for entry in here})
    return [_standing(caller, limits, entry, found.get(entry.id, store.NOTHING)) for entry in REGISTER.entry]


def _standing(caller: Caller, limits: Limits, entry: Entry, stock: store.Stock) -> Standing:
    return Standing(
        entry=entry.id,
        title=entry.title(caller.language),
        limit=limits.number(entry),
        unit=limits.unit(entry),
        removed=entry.removed,
        rows=stock.rows,
        oldest=stock.oldest,
        kept_since=limits.since(entry),
        over=stock.over,
    )
