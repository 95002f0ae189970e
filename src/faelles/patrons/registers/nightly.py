"""Each night it is time to ask the person register again. A worker asks: a job speaks to nobody outside."""

from datetime import date, time, timedelta
from typing import Final

from faelles.ground.database.transaction import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.patrons.registers import store

_ASKED_AT_LEAST_EVERY: Final = timedelta(days=180)
_OLD_AT_ONCE: Final = 500


async def begin_register_updates(tx: Transaction, day: date, _: str | None) -> Slice:
    """Let the updates begin, and have some asked about of whom nothing was told for long."""
    old = await store.begin(tx, day, asked_before=tx.now - _ASKED_AT_LEAST_EVERY, at_most=_OLD_AT_ONCE)
    return Slice(counts={"register_old": old})


BEGIN_REGISTER_UPDATES: Final = Job(name="begin_register_updates", work=begin_register_updates, at=time(3))
