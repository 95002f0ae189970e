"""What the night forgets of sign-ins."""

from datetime import date, time
from typing import Final

from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.people.attempts import forget_old
from faelles.people.operations import forget_ended_tokens


async def forget_attempts(tx: Transaction, _day: date, _begin: str | None) -> Slice:
    return Slice(counts={"attempts_forgotten": await forget_old(tx)})


async def forget_tokens(tx: Transaction, _day: date, _begin: str | None) -> Slice:
    return Slice(counts={"tokens_forgotten": await forget_ended_tokens(tx)})


JOBS: Final = (
    Job(name="forget_sign_in_attempts", work=forget_attempts, at=time(4)),
    Job(name="forget_ended_tokens", work=forget_tokens, at=time(4)),
)
