"""What the ground itself forgets of people, and what every room answers when it has forgotten something.

Rooms forget a batch at a time: whoever calls comes again until nothing was left to forget.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from faelles.ground.actor import Actor, ActorKind
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId

BATCH: Final = 2_000
"""Rows at a time: some tens of milliseconds, so that no desk waits for them."""

# A week at a time, from the oldest: the rows of a partition have no name of their own to be listed by.
_FORGET_LOOKS = """
DELETE FROM access_log
 WHERE agency_id = $1
   AND at < LEAST($2, (SELECT min(o.at) + interval '7 days' FROM access_log AS o WHERE o.agency_id = $1 AND o.at < $2))
"""
_FORGET_ANSWERS = """
DELETE FROM idempotency
 WHERE ctid IN (SELECT o.ctid FROM idempotency AS o WHERE o.agency_id = $1 AND o.answered_at < $2 LIMIT $3)
   AND agency_id = $1
"""
_FORGET_ANSWERS_OF = "DELETE FROM idempotency WHERE agency_id = $1 AND client = $2"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows went, and when the people they were about had used the library, as far as the rows told."""

    rows: int
    active: Mapping[PatronId, datetime] = field(default_factory=dict)


def activity(seen: Sequence[tuple[int, datetime]]) -> dict[PatronId, datetime]:
    """The latest moment of each patron."""
    latest: dict[PatronId, datetime] = {}
    for patron, at in seen:
        known = PatronId(patron)
        latest[known] = max(at, latest.get(known, at))
    return latest


async def forget_looks(tx: Transaction, before: datetime) -> Forgotten:
    """The log of looks, older than `before`; the database keeps what is younger than half a year in any case."""
    return Forgotten(await tx.execute(_FORGET_LOOKS, tx.agency, before))


async def forget_answers(tx: Transaction, before: datetime) -> Forgotten:
    """Answers kept for a repeated request."""
    return Forgotten(await tx.execute(_FORGET_ANSWERS, tx.agency, before, BATCH * 10))


async def forget_answers_of(tx: Transaction, patron: PatronId) -> None:
    """Answers to a patron's own requests."""
    await tx.execute(_FORGET_ANSWERS_OF, tx.agency, str(Actor(ActorKind.PATRON, patron)))
