"""The SQL of the pick list, its claims, and the search list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from faelles.circulation.desk.issues import issue_of
from faelles.circulation.picking.model import Missed, Pick
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId, HoldId, ItemId, RecordId

_COLUMNS = """
SELECT p.hold_id, p.item_id, p.item_number, p.record_id, p.title, p.creators, p.material_type, p.classification,
       p.issue::text AS issue, p.department, p.location, p.sublocation, p.section, p.pickup_branch_id, p.tries,
       p.sort_key,
       CASE WHEN p.claimed_until > $3 THEN p.claimed_by END AS claimed_by,
       CASE WHEN p.claimed_until > $3 THEN p.claimed_until END AS claimed_until
  FROM pick_list AS p
 WHERE p.agency_id = $1 AND p.branch_id = $2
"""
_LIST = f"""{_COLUMNS}
   AND (p.sort_key, p.hold_id) > ($4, $5) AND (NOT $6::boolean OR p.claimed_until IS NULL OR p.claimed_until <= $3)
 ORDER BY p.sort_key, p.hold_id
 LIMIT $7
"""
_THESE = f"{_COLUMNS} AND p.hold_id = ANY ($4::bigint[]) ORDER BY p.sort_key, p.hold_id"

# The pick list is read first and the holds are locked then; of two who want one, the second finds it taken. Whoever
# has it already keeps it longer.
_CLAIM = """
UPDATE hold AS h SET claimed_by = $4, claimed_until = $5
 WHERE h.agency_id = $1 AND h.id = ANY ($2::bigint[]) AND h.state = 'matched'
   AND (h.claimed_until IS NULL OR h.claimed_until <= $3 OR h.claimed_by = $4)
RETURNING h.id
"""
_GIVE_BACK = """
UPDATE hold AS h SET claimed_by = NULL, claimed_until = NULL
  FROM pick_list AS p
 WHERE h.agency_id = $1 AND p.agency_id = $1 AND p.hold_id = h.id AND p.branch_id = $2
   AND h.state = 'matched' AND h.claimed_by = $3 AND (cardinality($4::bigint[]) = 0 OR h.id = ANY ($4))
RETURNING h.id
"""

_PLANNED = """
SELECT p.hold_id, p.item_id, p.record_id, p.branch_id, p.item_number,
       CASE WHEN p.claimed_until > $3 THEN p.claimed_by END AS claimed_by
  FROM pick_list AS p
 WHERE p.agency_id = $1 AND p.hold_id = $2
"""
_PLANNED_ITEM = "SELECT hold_id FROM pick_list WHERE agency_id = $1 AND branch_id = $2 AND item_number = $3"
_MISS = """
WITH freed AS (
    UPDATE hold SET state = 'pending', item_id = NULL, claimed_by = NULL, claimed_until = NULL, tries = tries + 1
     WHERE agency_id = $1 AND id = $2 AND state = 'matched' AND item_id = $3
    RETURNING id, tries
), missed AS (
    INSERT INTO missed_item (agency_id, item_id, branch_id, hold_id, missed_at, missed_by)
    SELECT $1, $3, $4, id, $5, $6 FROM freed
    ON CONFLICT (agency_id, item_id) WHERE settled_at IS NULL DO NOTHING
), marked AS (
    INSERT INTO dirty_title (agency_id, record_id, marked_at) SELECT $1, $7, $5 FROM freed
), logged AS (
    INSERT INTO hold_match_log (agency_id, at, record_id, hold_id, item_id, outcome, details)
    SELECT $1, $5, $7, id, $3, 'not_on_shelf', jsonb_build_object('branch', $4::integer, 'tries', tries) FROM freed
)
SELECT tries FROM freed
"""
_SEARCHES = """
SELECT m.id, m.item_id, c.number AS item_number, t.title,
       (CASE WHEN c.issue_id IS NOT NULL THEN issue_named(c.issue_id) END)::text AS issue,
       p.department, p.location, p.sublocation, p.section, m.branch_id, m.hold_id, m.missed_at
  FROM missed_item AS m
  JOIN copy AS c ON c.agency_id = m.agency_id AND c.item_id = m.item_id
  JOIN title AS t ON t.record_id = c.record_id
  JOIN copy_whereabouts AS w ON w.agency_id = m.agency_id AND w.item_id = m.item_id
  JOIN placement_directory AS p ON p.agency_id = m.agency_id AND p.placement_id = w.placement_id
 WHERE m.agency_id = $1 AND m.settled_at IS NULL
"""
_LIST_SEARCHES = f"{_SEARCHES} AND m.id > $2 AND ($3::integer IS NULL OR m.branch_id = $3) ORDER BY m.id LIMIT $4"
_FIND_SEARCH = f"{_SEARCHES} AND m.id = $2"
_DECLARE_MISSING = """
WITH settled AS (
    UPDATE missed_item SET settled_at = $3, settled_how = 'declared_missing'
     WHERE agency_id = $1 AND id = $2 AND settled_at IS NULL
    RETURNING item_id
), gone AS (
    UPDATE item_circulation AS w SET state = 'missing'
      FROM settled
     WHERE w.agency_id = $1 AND w.item_id = settled.item_id AND w.state = 'available'
    RETURNING w.item_id
)
SELECT item_id FROM gone
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A hold with the copy that is to be fetched for it. `claimed_by` as long as the claim lasts."""

    hold: HoldId
    item: ItemId
    item_number: str
    record: RecordId
    branch: BranchId
    claimed_by: str | None


async def list_picks(
    tx: Transaction, branch: BranchId, *, after: tuple[str, int], only_free: bool, limit: int
) -> list[Pick]:
    """In shelf order. `after` is the sort key and hold of the last one shown."""
    return [_pick(row) for row in await tx.rows(_LIST, tx.agency, branch, tx.now, *after, only_free, limit)]


async def these_picks(tx: Transaction, branch: BranchId, holds: Sequence[HoldId]) -> list[Pick]:
    return [_pick(row) for row in await tx.rows(_THESE, tx.agency, branch, tx.now, list(holds))]


async def claim(tx: Transaction, holds: Sequence[HoldId], until: datetime) -> list[HoldId]:
    """Those of `holds` that nobody else has taken on are the actor's until then."""
    return [row["id"] for row in await tx.rows(_CLAIM, tx.agency, list(holds), tx.now, str(tx.actor), until)]


async def give_back(tx: Transaction, branch: BranchId, holds: Sequence[int]) -> list[HoldId]:
    """End the actor's claims in the branch: on `holds`, or all of them."""
    return [row["id"] for row in await tx.rows(_GIVE_BACK, tx.agency, branch, str(tx.actor), list(holds))]


async def planned_for(tx: Transaction, hold: int) -> Planned | None:
    row = await tx.row(_PLANNED, tx.agency, hold, tx.now)
    if row is None:
        return None
    return Planned(
        hold=row["hold_id"],
        item=row["item_id"],
        item_number=row["item_number"],
        record=row["record_id"],
        branch=row["branch_id"],
        claimed_by=row["claimed_by"],
    )


async def is_planned(tx: Transaction, branch: BranchId, item_number: str) -> bool:
    return await tx.value(_PLANNED_ITEM, tx.agency, branch, item_number) is not None


async def miss(tx: Transaction, planned: Planned) -> int | None:
    """Set the hold free and put the copy on the search list; how many tries that makes, None where it was changed
    meanwhile.
    """
    tries: int | None = await tx.value(
        _MISS, tx.agency, planned.hold, planned.item, planned.branch, tx.now, str(tx.actor), planned.record
    )
    return tries


async def list_searches(tx: Transaction, branch: BranchId | None, *, after: int, limit: int) -> list[Missed]:
    """Copies that were looked for in vain and not seen since."""
    return [_missed(row) for row in await tx.rows(_LIST_SEARCHES, tx.agency, after, branch, limit)]


async def find_search(tx: Transaction, search: int) -> Missed | None:
    row = await tx.row(_FIND_SEARCH, tx.agency, search)
    return _missed(row) if row else None


async def declare_missing(tx: Transaction, search: int) -> ItemId | None:
    """End a search; the copy that is missing from now on, None where it turned up or was given up meanwhile."""
    item: ItemId | None = await tx.value(_DECLARE_MISSING, tx.agency, search, tx.now)
    return item


def _pick(row: Row) -> Pick:
    return Pick(
        hold=row["hold_id"],
        item=row["item_id"],
        item_number=row["item_number"],
        record=row["record_id"],
        title=row["title"],
        issue=issue_of(row),
        creators=tuple(row["creators"]),
        material_type=row["material_type"],
        classification=row["classification"],
        shelf=_shelf(row),
        pickup=row["pickup_branch_id"],
        tries=row["tries"],
        claimed_by=row["claimed_by"],
        claimed_until=row["claimed_until"],
        sort_key=row["sort_key"],
    )


def _missed(row: Row) -> Missed:
    return Missed(
        id=row["id"],
        item=row["item_id"],
        item_number=row["item_number"],
        title=row["title"],
        issue=issue_of(row),
        shelf=_shelf(row),
        branch=row["branch_id"],
        hold=row["hold_id"],
        missed_at=row["missed_at"],
    )


def _shelf(row: Row) -> tuple[str, ...]:
    levels = (row["department"], row["location"], row["sublocation"], row["section"])
    return tuple(level for level in levels if level)
