"""Who owes too much is written to in the night."""

from datetime import date, time
from typing import Final

from faelles.fees.exclusion.operations import write_notices
from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.people.model import system_caller


async def write_to_debtors(tx: Transaction, _: date, place: str | None) -> Slice:
    """One slice of the debtors; `place` is the last patron of the one before."""
    done = await write_notices(tx, system_caller(tx.agency), after=int(place or 0))
    return Slice(next=None if done.last is None else str(done.last), counts={"exclusion_notices": done.written})


WRITE_EXCLUSION_NOTICES: Final = Job(name="write_exclusion_notices", work=write_to_debtors, at=time(1))
