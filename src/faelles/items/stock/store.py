"""All SQL of counted stock."""

from faelles.ground.database import Transaction
from faelles.ground.database.transaction import Row
from faelles.ground.ids import BranchId, RecordId
from faelles.items.stock.model import Stock, StockCount
from faelles.people.model import Place

_COLUMNS = "s.id, s.record_id, s.placement_id, s.material_group_id, s.quantity"

_SET = f"""
INSERT INTO stock AS s (agency_id, record_id, placement_id, material_group_id, quantity)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (agency_id, record_id, placement_id, material_group_id) DO UPDATE
   SET quantity = excluded.quantity, version = s.version + 1
RETURNING {_COLUMNS}
"""

_CHANGE = f"""
UPDATE stock AS s
   SET quantity = s.quantity + $3, version = s.version + 1
 WHERE s.agency_id = $1 AND s.id = $2::bigint AND s.quantity + $3 BETWEEN 0 AND 1000000
RETURNING {_COLUMNS}
"""

_PLACE = """
SELECT b.division_id, b.branch_id
  FROM stock AS s
  JOIN placement_directory AS p ON p.agency_id = s.agency_id AND p.placement_id = s.placement_id
  JOIN branch_directory AS b ON b.agency_id = p.agency_id AND b.branch_id = p.branch_id
 WHERE s.agency_id = $1 AND s.id = $2::bigint
"""

_LIST = f"""
SELECT {_COLUMNS}
  FROM stock AS s
  JOIN placement_directory AS p ON p.agency_id = s.agency_id AND p.placement_id = s.placement_id
 WHERE s.agency_id = $1
   AND ($2::bigint[] IS NULL OR s.record_id = ANY ($2))
   AND ($3::bigint IS NULL OR p.branch_id = $3)
   AND s.id > $4::bigint
 ORDER BY s.id
 LIMIT $5
"""


async def set_quantity(tx: Transaction, count: StockCount, record: RecordId) -> Stock:
    row = await tx.row(_SET, tx.agency, record, count.placement, count.material_group, count.quantity)
    if row is None:
        raise LookupError("an upsert returns its row")
    return _stock(row)


async def change_quantity(tx: Transaction, stock: int, difference: int) -> Stock | None:
    """None where fewer than none or more than a million would be left."""
    row = await tx.row(_CHANGE, tx.agency, stock, difference)
    return None if row is None else _stock(row)


async def find_place(tx: Transaction, stock: int) -> Place | None:
    """Where the stock stands; None where there is no such stock."""
    row = await tx.row(_PLACE, tx.agency, stock)
    return None if row is None else Place(row["division_id"], row["branch_id"])


async def list_stock(
    tx: Transaction, records: list[RecordId] | None, branch: BranchId | None, *, after: int, most: int
) -> list[Stock]:
    return [_stock(row) for row in await tx.rows(_LIST, tx.agency, records, branch, after, most)]


def _stock(row: Row) -> Stock:
    return Stock(
        id=row["id"],
        record=row["record_id"],
        placement=row["placement_id"],
        material_group=row["material_group_id"],
        quantity=row["quantity"],
    )
