"""The SQL of looking at a week: samples on the way, and what became of every hold."""

from dataclasses import dataclass

from faelles.ground.database import Transaction
from faelles.ground.ids import HoldId, RecordId

_SAMPLE = """
SELECT (SELECT count(*) FROM journey_under_way WHERE agency_id = $1) AS in_transit,
       (SELECT count(*) FROM open_hold WHERE agency_id = $1 AND state = 'ready') AS ready
"""
_HOLDS = """
SELECT d.hold_id, d.state, d.closed_why, d.record_id FROM hold_directory AS d WHERE d.agency_id = $1 ORDER BY d.hold_id
"""
# What can never be, whatever happened in the week.
_FAULTS = {
    "a copy kept for two holds": """
SELECT item_id FROM open_hold WHERE agency_id = $1 AND item_id IS NOT NULL GROUP BY item_id HAVING count(*) > 1
""",
    "two holds of one rank": """
SELECT record_id FROM open_hold WHERE agency_id = $1 GROUP BY record_id, rank HAVING count(*) > 1
""",
    "a hold that ended twice": """
SELECT hold_id FROM event
 WHERE agency_id = $1 AND kind IN ('hold.collected', 'hold.expired', 'hold.cancelled')
 GROUP BY hold_id HAVING count(*) > 1
""",
    "a hold that is ready on no shelf": """
SELECT h.hold_id FROM open_hold AS h
 WHERE h.agency_id = $1 AND h.state = 'ready'
   AND NOT EXISTS (SELECT FROM copy_on_hold_shelf AS s
                    WHERE s.agency_id = $1 AND s.hold_id = h.hold_id AND s.item_id = h.item_id AND s.is_for_somebody)
""",
    "a hold in transit whose copy is on no journey": """
SELECT h.hold_id FROM open_hold AS h
 WHERE h.agency_id = $1 AND h.state = 'in_transit'
   AND NOT EXISTS (SELECT FROM journey_under_way AS j WHERE j.agency_id = $1 AND j.item_id = h.item_id)
""",
}


@dataclass(frozen=True, slots=True)
class Known:
    hold: HoldId
    state: str
    why: str | None
    record: RecordId


async def sample(tx: Transaction) -> tuple[int, int]:
    """Copies on their way, and holds that are ready."""
    row = await tx.row(_SAMPLE, tx.agency)
    return (row["in_transit"], row["ready"]) if row else (0, 0)


async def holds(tx: Transaction) -> list[Known]:
    """Every hold there ever was."""
    return [
        Known(row["hold_id"], row["state"], row["closed_why"], row["record_id"])
        for row in await tx.rows(_HOLDS, tx.agency)
    ]


async def faults(tx: Transaction) -> list[str]:
    """What can never be, and is."""
    return [f"{name}: {list(row.values())}" for name, sql in _FAULTS.items() for row in await tx.rows(sql, tx.agency)]
