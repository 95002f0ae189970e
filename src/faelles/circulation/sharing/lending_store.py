"""The SQL of the lender's side: what is asked of us, and our copies that are with others."""

from dataclasses import dataclass
from datetime import date

from faelles.circulation.sharing.model import Incoming
from faelles.circulation.sharing.stages import stage_of
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import AgencyId, BranchId, HoldId, ItemId, ItemNumber, MaterialGroupId, PlacementId, RecordId

_INCOMING = """
SELECT r.id, r.agency_id, b.isil, r.record_id, t.title, r.asked_at, r.withdrawn_at, r.received_at, r.returned_at,
       a.state, a.hold_id, a.item_number, a.due_on
  FROM lending_request AS r
  JOIN agency_directory AS b ON b.agency_id = r.agency_id
  JOIN title AS t ON t.record_id = r.record_id
  LEFT JOIN lending_answer AS a
         ON a.agency_id = r.lender_agency_id AND a.borrower_agency_id = r.agency_id AND a.request_id = r.id
 WHERE r.lender_agency_id = $1
"""
_LIST = f"{_INCOMING} AND r.id > $2 ORDER BY r.id LIMIT $3"
_FIND = f"{_INCOMING} AND r.id = $2"
_IS_AGREED = """
SELECT EXISTS (SELECT FROM lending_agreement
                WHERE agency_id = $1 AND borrower_agency_id = $2 AND valid @> $3::date)
"""
_REFUSE = """
WITH answered AS (
    INSERT INTO lending_answer AS a (agency_id, borrower_agency_id, request_id, state, changed_at)
    VALUES ($1, $2, $3, 'refused', $4)
    ON CONFLICT (agency_id, borrower_agency_id, request_id)
    DO UPDATE SET state = 'refused', changed_at = $4 WHERE a.state = 'accepted'
    RETURNING request_id
)
INSERT INTO event (agency_id, at, actor, kind, subject_id, dimensions)
SELECT $1, $4, $5, 'lending.refused', request_id, jsonb_build_object('borrower', $2::integer) FROM answered
"""
# Our own hold is over and no copy was sent: it was cancelled, or nobody found one in time.
_REFUSE_CLOSED = """
WITH over AS (
    UPDATE lending_answer AS a SET state = 'refused', changed_at = $2
      FROM hold AS h
     WHERE a.agency_id = $1 AND a.state = 'accepted' AND h.agency_id = $1 AND h.id = a.hold_id
       AND h.closed_at IS NOT NULL
    RETURNING a.borrower_agency_id, a.request_id
)
INSERT INTO event (agency_id, at, actor, kind, subject_id, dimensions)
SELECT $1, $2, $3, 'lending.refused', request_id, jsonb_build_object('borrower', borrower_agency_id) FROM over
"""
# Seen before and after the locks are taken: what it is for may change while we wait.
_FETCHED = """
SELECT a.borrower_agency_id, a.request_id, b.isil, h.id AS hold_id, h.record_id, c.item_id, c.number, c.owner_branch_id,
       c.default_placement_id, c.material_group_id, r.withdrawn_at IS NOT NULL AS is_withdrawn
  FROM copy AS c
  JOIN hold AS h ON h.agency_id = c.agency_id AND h.item_id = c.item_id AND h.closed_at IS NULL AND h.state <> 'matched'
  JOIN lending_answer AS a ON a.agency_id = h.agency_id AND a.hold_id = h.id AND a.state = 'accepted'
  JOIN lending_request AS r ON r.agency_id = a.borrower_agency_id AND r.id = a.request_id
  JOIN agency_directory AS b ON b.agency_id = a.borrower_agency_id
 WHERE c.agency_id = $1 AND c.number = $2
"""
_SEND = """
WITH sent AS (
    UPDATE lending_answer
       SET state = 'sent', item_id = $4, item_number = $5, due_on = $6, changed_at = $7
     WHERE agency_id = $1 AND borrower_agency_id = $2 AND request_id = $3 AND state = 'accepted'
    RETURNING request_id
), left_here AS (
    UPDATE item_circulation SET state = 'in_transit', active_placement_id = NULL, seen_branch_id = $8, seen_at = $7
     WHERE agency_id = $1 AND item_id = $4
), ended AS (
    UPDATE journey SET ended_at = $7, ended_how = 'lent' WHERE agency_id = $1 AND item_id = $4 AND ended_at IS NULL
)
INSERT INTO event (agency_id, at, actor, kind, hold_id, item_id, subject_id, dimensions)
SELECT $1, $7, $9, 'lending.sent', $10, $4, request_id,
       jsonb_build_object('borrower', $2::integer, 'branch', $8::integer, 'due_on', $6::date)
  FROM sent
"""
_NOTE_HOME = """
WITH home AS (
    UPDATE lending_answer AS a SET state = 'home', changed_at = $2
      FROM item_circulation AS w
     WHERE a.agency_id = $1 AND a.state = 'sent' AND w.agency_id = $1 AND w.item_id = a.item_id
       AND w.seen_at > a.changed_at
    RETURNING a.borrower_agency_id, a.request_id, a.item_id
)
INSERT INTO event (agency_id, at, actor, kind, item_id, subject_id, dimensions)
SELECT $1, $2, $3, 'lending.home', item_id, request_id, jsonb_build_object('borrower', borrower_agency_id) FROM home
"""


async def list_incoming(tx: Transaction, *, after: int, limit: int) -> list[Incoming]:
    return [_incoming(row) for row in await tx.rows(_LIST, tx.agency, after, limit)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as whoever answers it sees it."""

    shown: Incoming
    borrower: AgencyId


async def find_incoming(tx: Transaction, request: int) -> Asked | None:
    row = await tx.row(_FIND, tx.agency, request)
    return Asked(_incoming(row), AgencyId(row["agency_id"])) if row else None


async def is_agreed(tx: Transaction, borrower: AgencyId, day: date) -> bool:
    return bool(await tx.value(_IS_AGREED, tx.agency, borrower, day))


async def refuse(tx: Transaction, asked: Asked) -> bool:
    """Whether it could still be refused."""
    return await tx.execute(_REFUSE, tx.agency, asked.borrower, asked.shown.id, tx.now, tx.actor.told) > 0


async def refuse_closed(tx: Transaction) -> int:
    return await tx.execute(_REFUSE_CLOSED, tx.agency, tx.now, tx.actor.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A copy that is bound to another municipality's request."""

    borrower: AgencyId
    borrower_isil: str
    request: int
    hold: HoldId
    record: RecordId
    item: ItemId
    number: ItemNumber
    owner_branch: BranchId
    placement: PlacementId
    material_group: MaterialGroupId
    is_withdrawn: bool


async def find_fetched(tx: Transaction, number: str) -> Fetched | None:
    row = await tx.row(_FETCHED, tx.agency, number)
    if row is None:
        return None
    return Fetched(
        borrower=row["borrower_agency_id"],
        borrower_isil=row["isil"],
        request=row["request_id"],
        hold=row["hold_id"],
        record=row["record_id"],
        item=row["item_id"],
        number=row["number"],
        owner_branch=row["owner_branch_id"],
        placement=row["default_placement_id"],
        material_group=row["material_group_id"],
        is_withdrawn=row["is_withdrawn"],
    )


async def send(tx: Transaction, copy: Fetched, branch: BranchId, due_on: date) -> None:
    """The copy leaves; its hold must be closed already."""
    await tx.execute(
        _SEND,
        tx.agency,
        copy.borrower,
        copy.request,
        copy.item,
        copy.number,
        due_on,
        tx.now,
        branch,
        tx.actor.told,
        copy.hold,
    )


async def note_home(tx: Transaction) -> int:
    """Copies that were scanned here since they left are home; how many."""
    return await tx.execute(_NOTE_HOME, tx.agency, tx.now, tx.actor.told)


def _incoming(row: Row) -> Incoming:
    return Incoming(
        id=row["id"],
        borrower=row["isil"],
        record=row["record_id"],
        title=row["title"],
        state=stage_of(row),
        asked_at=row["asked_at"],
        hold=row["hold_id"],
        item=row["item_number"],
        due_on=row["due_on"],
    )
