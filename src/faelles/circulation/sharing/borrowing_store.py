"""The SQL of the borrower's side: what we asked for, and the placeholders that stand for what came."""

from dataclasses import dataclass

from faelles.circulation.sharing.model import Outgoing
from faelles.circulation.sharing.stages import stage_of
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId, HoldId, ItemId

_OUTGOING = """
SELECT r.id, l.isil, r.record_id, t.title, r.asked_at, r.withdrawn_at, r.received_at, r.returned_at, a.state,
       a.item_number, a.due_on, h.hold_id, c.number AS placeholder, c.item_id AS placeholder_id
  FROM lending_request AS r
  JOIN agency_directory AS l ON l.agency_id = r.lender_agency_id
  JOIN title AS t ON t.record_id = r.record_id
  LEFT JOIN lending_answer AS a
         ON a.agency_id = r.lender_agency_id AND a.borrower_agency_id = r.agency_id AND a.request_id = r.id
  LEFT JOIN lending_request_hold AS h ON h.agency_id = r.agency_id AND h.request_id = r.id
  LEFT JOIN copy AS c ON c.agency_id = r.agency_id AND c.item_id = h.item_id
 WHERE r.agency_id = $1
"""
_LIST = f"{_OUTGOING} AND r.id > $2 ORDER BY r.id LIMIT $3"
_FIND = f"{_OUTGOING} AND r.id = $2"
_PICKUP = """
SELECT h.pickup_branch_id
  FROM lending_request_hold AS l
  JOIN hold AS h ON h.agency_id = l.agency_id AND h.id = l.hold_id
 WHERE l.agency_id = $1 AND l.request_id = $2
"""
_LOCK = "SELECT FROM lending_request WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE"
_WITHDRAW = """
WITH withdrawn AS (
    UPDATE lending_request SET withdrawn_at = $3 WHERE agency_id = $1 AND id = $2 AND withdrawn_at IS NULL
    RETURNING id, lender_agency_id
)
INSERT INTO event (agency_id, at, actor, kind, subject_id, dimensions)
SELECT $1, $3, $4, 'lending.withdrawn', id, jsonb_build_object('lender', lender_agency_id) FROM withdrawn
"""
_RECEIVE = """
WITH received AS (
    UPDATE lending_request SET received_at = $4 WHERE agency_id = $1 AND id = $2
    RETURNING id, lender_agency_id
), linked AS (
    UPDATE lending_request_hold SET item_id = $3 WHERE agency_id = $1 AND request_id = $2
)
INSERT INTO event (agency_id, at, actor, kind, item_id, subject_id, dimensions)
SELECT $1, $4, $5, 'lending.received', $3, id, jsonb_build_object('lender', lender_agency_id, 'branch', $6::integer)
  FROM received
"""
_WAITS = """
SELECT EXISTS (SELECT FROM hold WHERE agency_id = $1 AND id = $2 AND state IN ('pending', 'matched'))
"""
_CAPTURE = "SELECT capture_hold($1, $2, $3, '[]'::jsonb, $4, $5)"
_IS_KNOWN = "SELECT EXISTS (SELECT FROM copy WHERE agency_id = $1 AND number = $2)"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request of ours. `placeholder` is the id of what stands for the copy here."""

    shown: Outgoing
    placeholder: ItemId | None


async def list_outgoing(tx: Transaction, *, after: int, limit: int) -> list[Outgoing]:
    return [_outgoing(row) for row in await tx.rows(_LIST, tx.agency, after, limit)]


async def lock_outgoing(tx: Transaction, request: int) -> Wanted | None:
    """Lock a request of ours, then read it."""
    await tx.rows(_LOCK, tx.agency, request)
    row = await tx.row(_FIND, tx.agency, request)
    return Wanted(_outgoing(row), row["placeholder_id"]) if row else None


async def pickup_of(tx: Transaction, request: int) -> BranchId | None:
    """Where the patron wants what we asked for; None once nobody does."""
    found: int | None = await tx.value(_PICKUP, tx.agency, request)
    return None if found is None else BranchId(found)


async def withdraw(tx: Transaction, request: int) -> None:
    await tx.execute(_WITHDRAW, tx.agency, request, tx.now, tx.actor.told)


async def receive(tx: Transaction, request: int, item: ItemId, branch: BranchId) -> None:
    await tx.execute(_RECEIVE, tx.agency, request, item, tx.now, tx.actor.told, branch)


async def still_waits(tx: Transaction, hold: HoldId) -> bool:
    """Whether no copy is bound to the hold, whose title is locked."""
    return bool(await tx.value(_WAITS, tx.agency, hold))


async def capture(tx: Transaction, hold: HoldId, item: ItemId) -> None:
    await tx.value(_CAPTURE, tx.agency, hold, item, tx.now, tx.actor.told)


async def is_known(tx: Transaction, number: str) -> bool:
    """Whether a copy of ours has that number, or had it."""
    return bool(await tx.value(_IS_KNOWN, tx.agency, number))


def _outgoing(row: Row) -> Outgoing:
    return Outgoing(
        id=row["id"],
        lender=row["isil"],
        record=row["record_id"],
        title=row["title"],
        state=stage_of(row),
        asked_at=row["asked_at"],
        hold=row["hold_id"],
        item=row["item_number"],
        due_on=row["due_on"],
        placeholder=row["placeholder"],
    )
