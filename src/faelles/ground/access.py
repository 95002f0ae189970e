"""The log of every look at a person: who, when, which, why. The law asks for it; so do patrons.

Hot paths write it inside their own single write; everything else through this function.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from faelles.ground.actor import Actor
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId

# Most looks are at one person, and to write one row as one costs a fifth less.
_RECORD = """
INSERT INTO access_log (agency_id, at, actor, operation, person_id) VALUES ($1, $2, $3, $4, $5)
"""

_RECORD_MANY = """
INSERT INTO access_log (agency_id, at, actor, operation, person_id)
SELECT $1, $2, $3, $4, person FROM unnest($5::bigint[]) AS person
"""


_LOOKS = """
SELECT at, actor, person_id, operation
  FROM access_log
 WHERE agency_id = $1 AND person_id = ANY ($2) AND at < COALESCE($3::timestamptz, 'infinity')
 ORDER BY at DESC
 LIMIT $4
"""


_LOOKS_BY = """
SELECT at, actor, person_id, operation
  FROM access_log
 WHERE agency_id = $1 AND actor = $2
   AND (at, person_id, operation) < (COALESCE($3::timestamptz, 'infinity'), COALESCE($4::bigint, 0), $5)
 ORDER BY at DESC, person_id DESC, operation DESC
 LIMIT $6
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody saw a person: `actor` is kind and id, `operation` what it was for."""

    at: datetime
    actor: str
    person: PatronId
    operation: str


async def record_access(tx: Transaction, operation: str, persons: Sequence[PatronId]) -> None:
    """Note that the transaction's actor saw `persons` for the sake of `operation` (its name, no free text)."""
    look = (tx.agency, tx.now, str(tx.actor), operation)
    if len(persons) == 1:
        await tx.write(_RECORD, *look, persons[0])
    elif persons:
        await tx.write(_RECORD_MANY, *look, list(persons))


async def looks_at(tx: Transaction, persons: Sequence[PatronId], *, before: datetime | None, limit: int) -> list[Look]:
    """Who saw one of `persons`, the latest first, from before the moment `before` on backwards."""
    rows = await tx.rows(_LOOKS, tx.agency, list(persons), before, limit)
    return [Look(row["at"], row["actor"], PatronId(row["person_id"]), row["operation"]) for row in rows]


async def looks_by(tx: Transaction, actor: Actor, *, before: Look | None, limit: int) -> list[Look]:
    """Whom the actor saw, the latest first, from before a look backwards."""
    start = (before.at, before.person, before.operation) if before else (None, None, "")
    rows = await tx.rows(_LOOKS_BY, tx.agency, str(actor), *start, limit)
    return [Look(row["at"], row["actor"], PatronId(row["person_id"]), row["operation"]) for row in rows]
