"""SQL for blocks and absences."""

from datetime import date, timedelta

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import DivisionId, PatronId
from faelles.patrons.blocks.model import Absence, Block, BlockCode
from faelles.patrons.model import AbsencePeriod

_STANDING = """
SELECT id, patron_id, division_id, code, reason, starts_on, ends_on
  FROM patron_block
 WHERE agency_id = $1 AND patron_id = $2 AND lifted_at IS NULL
 ORDER BY starts_on, id
"""

_INSERT = """
INSERT INTO patron_block (agency_id, patron_id, division_id, code, reason, starts_on, ends_on, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id
"""

_LIFT = """
UPDATE patron_block SET lifted_at = $4, lifted_by = $5
 WHERE agency_id = $1 AND patron_id = $2 AND id = $3 AND lifted_at IS NULL
"""

_SET_BY_ACTOR = """
SELECT id FROM patron_block
 WHERE agency_id = $1 AND patron_id = $2 AND division_id = $3 AND set_by = $4 AND lifted_at IS NULL
"""

# A block for self-service alone (S) stops nobody at a desk.
_BLOCKED_CARDS = """
SELECT i.lookup
  FROM patron_block AS b
  JOIN patron_identifier AS i ON i.agency_id = b.agency_id AND i.patron_id = b.patron_id
 WHERE b.agency_id = $1 AND b.lifted_at IS NULL AND b.code <> 'S'
   AND (b.division_id IS NULL OR b.division_id = $2)
   AND b.starts_on <= $3 AND (b.ends_on IS NULL OR b.ends_on >= $3)
   AND i.kind = 'card' AND i.ended_at IS NULL
UNION
SELECT lookup
  FROM patron_identifier
 WHERE agency_id = $1 AND kind = 'card' AND ended_why IN ('lost', 'stolen')
"""

_ABSENCES = """
SELECT id, lower(period) AS first_day, upper(period) AS until
  FROM absence
 WHERE agency_id = $1 AND patron_id = $2 AND upper(period) > $3
 ORDER BY lower(period)
"""

_INSERT_ABSENCE = """
INSERT INTO absence (agency_id, patron_id, period) VALUES ($1, $2, daterange($3, $4, '[]')) RETURNING id
"""

_DELETE_ABSENCE = "DELETE FROM absence WHERE agency_id = $1 AND patron_id = $2 AND id = $3"


async def standing(tx: Transaction, patron: PatronId) -> list[Block]:
    """The blocks nobody has lifted, also those of days to come or past."""
    return [
        Block(
            id=row["id"],
            patron=PatronId(row["patron_id"]),
            division=None if row["division_id"] is None else DivisionId(row["division_id"]),
            code=BlockCode(row["code"]),
            reason=row["reason"],
            starts_on=row["starts_on"],
            ends_on=row["ends_on"],
        )
        for row in await tx.rows(_STANDING, tx.agency, patron)
    ]


async def insert(
    tx: Transaction,
    patron: PatronId,
    code: BlockCode,
    *,
    division: int | None,
    reason: str | None,
    first: date,
    last: date | None,
) -> int:
    by = str(tx.actor)
    return int(await tx.value(_INSERT, tx.agency, patron, division, code.value, reason, first, last, by))


async def lift(tx: Transaction, patron: PatronId, block: int) -> bool:
    """Whether it stood until now."""
    return await tx.execute(_LIFT, tx.agency, patron, block, tx.now, str(tx.actor)) > 0


async def set_by_actor(tx: Transaction, patron: PatronId, division: DivisionId) -> list[int]:
    """The standing blocks in the division that whoever acts now put on."""
    rows = await tx.rows(_SET_BY_ACTOR, tx.agency, patron, division, str(tx.actor))
    return [row["id"] for row in rows]


async def blocked_cards(tx: Transaction, division: DivisionId, today: date) -> list[str]:
    """The cards in use of those who are blocked in the division, and those reported lost or stolen."""
    return [row["lookup"] for row in await tx.rows(_BLOCKED_CARDS, tx.agency, division, today)]


async def absences(tx: Transaction, patron: PatronId, today: date) -> list[Absence]:
    """Present and coming absences."""
    return [
        Absence(id=row["id"], first_day=row["first_day"], last_day=row["until"] - timedelta(days=1))
        for row in await tx.rows(_ABSENCES, tx.agency, patron, today)
    ]


async def insert_absence(tx: Transaction, patron: PatronId, period: AbsencePeriod) -> int:
    return int(await tx.value(_INSERT_ABSENCE, tx.agency, patron, period.first_day, period.last_day))


async def delete_absence(tx: Transaction, patron: PatronId, absence: int) -> bool:
    return await tx.execute(_DELETE_ABSENCE, tx.agency, patron, absence) > 0
