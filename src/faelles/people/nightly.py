"""What the night forgets of sign-ins."""

from datetime import date, time
from typing import Final

from faelles.ground.database import Transaction
from faelles.ground.jobs import Job, Slice
from faelles.people.attempts import forget_old
from faelles.people.federation.signing_in import ANSWERS_KEPT
from faelles.people.federation.store import forget_answers as forget_answers_before
from faelles.people.operations import forget_ended_tokens


async def forget_attempts(tx: Transaction, _day: date, _begin: str | None) -> Slice:
    return Slice(counts={"attempts_forgotten": await forget_old(tx)})


async def forget_tokens(tx: Transaction, _day: date, _begin: str | None) -> Slice:
    return Slice(counts={"tokens_forgotten": await forget_ended_tokens(tx)})


async def forget_answers(tx: Transaction, _day: date, _begin: str | None) -> Slice:
    return Slice(counts={"answers_forgotten": await forget_answers_before(tx, tx.now - ANSWERS_KEPT)})


JOBS: Final = (
    Job(name="forget_sign_in_attempts", work=forget_attempts, at=time(4)),
    Job(name="forget_ended_tokens", work=forget_tokens, at=time(4)),
    Job(name="forget_used_answers", work=forget_answers, at=time(4)),
)
