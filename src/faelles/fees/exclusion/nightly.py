"""Who owes too much is written to in the night."""

from datetime import date, time
from typing import Final

from faelles.fees.exclusion.operations import give_notices
from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.people.model import system_caller


async def give(tx: Transaction, _: date, place: str | None) -> Slice:
    """One slice of the debtors; `place` is the last patron of the one before."""
    done = await give_notices(tx, system_caller(tx.agency), after=int(place or 0))
    return Slice(next=None if done.last is None else str(done.last), counts={"exclusion_notices": done.given})


GIVE_EXCLUSION_NOTICES: Final = Job(name="give_exclusion_notices", work=give, at=time(1))
