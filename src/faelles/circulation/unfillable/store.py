"""The SQL of holds that nothing can fill: those the matcher noted, without those for whom a copy is coming."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from faelles.circulation.desk.blocks import BlockCode
from faelles.ground.database import Transaction
from faelles.ground.ids import DivisionId, HoldId

_KNOWN: Final = (BlockCode.NO_RESERVABLE_MATERIALS.value, BlockCode.MATERIAL_LOST.value)
"""The refusals that staff stepped over who knew that there was nothing."""

# Another library's copy is expected for the title, or is being got for this patron.
_IS_COMING: Final = """(
       EXISTS (SELECT FROM copy AS c
                WHERE c.agency_id = h.agency_id AND c.record_id = h.record_id AND c.kind = 'placeholder'
                  AND c.received_at IS NULL AND c.sent_home_at IS NULL AND c.withdrawn_at IS NULL)
       OR EXISTS (SELECT FROM hold_patron AS p
                    JOIN interlibrary_under_way AS i ON i.agency_id = p.agency_id AND i.patron_id = p.patron_id
                   WHERE p.agency_id = h.agency_id AND p.hold_id = h.id AND i.record_id = h.record_id))"""
_NOTED = f"""
SELECT h.id, h.nothing_fills, h.nothing_fills_since,
       EXISTS (SELECT FROM hold_override AS o
                WHERE o.agency_id = h.agency_id AND o.hold_id = h.id AND o.block = ANY ($5::text[])) AS was_known
  FROM hold AS h
 WHERE h.agency_id = $1 AND h.state = 'pending' AND h.nothing_fills IS NOT NULL AND h.id > $3
   AND ($2::integer[] IS NULL OR h.division_id = ANY ($2))
   AND NOT {_IS_COMING}
 ORDER BY h.id
 LIMIT $4
"""
_COMING = f"SELECT h.id FROM hold AS h WHERE h.agency_id = $1 AND h.id = ANY ($2::bigint[]) AND {_IS_COMING}"


@dataclass(frozen=True, slots=True)
class Noted:
    """What the matcher noted of a hold."""

    hold: HoldId
    why: str
    since: datetime
    was_known: bool


async def noted(tx: Transaction, divisions: list[DivisionId] | None, *, after: int, limit: int) -> list[Noted]:
    """By id."""
    return [
        Noted(row["id"], row["nothing_fills"], row["nothing_fills_since"], row["was_known"])
        for row in await tx.rows(_NOTED, tx.agency, divisions, after, limit, list(_KNOWN))
    ]


async def coming(tx: Transaction, holds: Sequence[HoldId]) -> set[HoldId]:
    """Those of `holds` for which another library's copy is on order."""
    return {row["id"] for row in await tx.rows(_COMING, tx.agency, list(holds))}
