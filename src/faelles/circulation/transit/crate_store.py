"""The SQL of crates."""

from collections.abc import Sequence

import asyncpg

from faelles.circulation.transit.model import Crate, Put, PutOutcome
from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import BranchId, ItemNumber

_CRATES = """
SELECT k.id, k.label, k.from_branch_id, k.to_branch_id, k.packed_at, k.sent_at, k.received_at,
       (SELECT count(*) FROM crate_journey AS c
          JOIN journey AS j ON j.agency_id = c.agency_id AND j.id = c.journey_id
         WHERE c.agency_id = k.agency_id AND c.crate_id = k.id AND j.ended_at IS NULL) AS copies
  FROM crate AS k
"""
_FIND = f"{_CRATES} WHERE k.agency_id = $1 AND k.id = $2"
_LIST = f"""{_CRATES}
 WHERE k.agency_id = $1 AND k.id > $2 AND k.received_at IS NULL
   AND ($3::integer IS NULL OR $3 IN (k.from_branch_id, k.to_branch_id))
 ORDER BY k.id
 LIMIT $4
"""
_LOCK = "SELECT FROM crate WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE"
_PACK = """
INSERT INTO crate (agency_id, label, from_branch_id, to_branch_id, packed_at) VALUES ($1, $2, $3, $4, $5) RETURNING id
"""
# A copy that lay in another crate is taken out of it.
_PUT = """
WITH fitting AS (
    SELECT j.id, c.number
      FROM copy AS c
      JOIN journey AS j ON j.agency_id = c.agency_id AND j.item_id = c.item_id AND j.ended_at IS NULL
      JOIN crate AS k ON k.agency_id = j.agency_id AND k.id = $2
                     AND k.from_branch_id = j.from_branch_id AND k.to_branch_id = j.to_branch_id
     WHERE c.agency_id = $1 AND c.number = ANY ($3::text[])
), put AS (
    INSERT INTO crate_journey (agency_id, journey_id, crate_id) SELECT $1, id, $2 FROM fitting ORDER BY id
    ON CONFLICT (agency_id, journey_id) DO UPDATE SET crate_id = excluded.crate_id
)
SELECT number FROM fitting
"""
_SEND = "UPDATE crate SET sent_at = $3 WHERE agency_id = $1 AND id = $2 AND sent_at IS NULL"
_RECEIVE = "UPDATE crate SET received_at = $3 WHERE agency_id = $1 AND id = $2 AND received_at IS NULL"


async def lock(tx: Transaction, crate: int) -> Crate | None:
    await tx.rows(_LOCK, tx.agency, crate)
    return await find(tx, crate)


async def find(tx: Transaction, crate: int) -> Crate | None:
    row = await tx.row(_FIND, tx.agency, crate)
    return _crate(row) if row else None


async def list_crates(tx: Transaction, *, branch: BranchId | None, after: int, limit: int) -> list[Crate]:
    """Crates that nobody has received yet, from or to `branch`."""
    return [_crate(row) for row in await tx.rows(_LIST, tx.agency, after, branch, limit)]


async def pack(tx: Transaction, label: str, start: BranchId, end: BranchId) -> int:
    """Raises ConflictError where a crate with that label is open."""
    try:
        crate: int = await tx.value(_PACK, tx.agency, label, start, end, tx.now)
    except asyncpg.UniqueViolationError as problem:
        if problem.constraint_name != "crate_label_taken":
            raise
        raise ConflictError("crate_label_taken", label=label) from None
    return crate


async def put(tx: Transaction, crate: int, items: Sequence[str]) -> list[Put]:
    """Put those of `items` in that travel the crate's way."""
    fitting = {row["number"] for row in await tx.rows(_PUT, tx.agency, crate, list(items))}
    outcomes = {True: PutOutcome.PACKED, False: PutOutcome.NOT_ON_THAT_WAY}
    return [Put(item=ItemNumber(number), outcome=outcomes[number in fitting]) for number in items]


async def mark_sent(tx: Transaction, crate: int) -> bool:
    return await tx.execute(_SEND, tx.agency, crate, tx.now) == 1


async def mark_received(tx: Transaction, crate: int) -> bool:
    return await tx.execute(_RECEIVE, tx.agency, crate, tx.now) == 1


def _crate(row: Row) -> Crate:
    return Crate(
        id=row["id"],
        label=row["label"],
        from_branch=row["from_branch_id"],
        to_branch=row["to_branch_id"],
        packed_at=row["packed_at"],
        sent_at=row["sent_at"],
        received_at=row["received_at"],
        copies=row["copies"],
    )
