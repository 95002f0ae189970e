"""SQL for blocks and absences."""

from datetime import date

import msgspec

from faelles.ground.database import Read
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import DivisionId, PatronId
from faelles.patrons.blocks.model import Absence, Block, BlockCode
from faelles.patrons.model import AbsencePeriod

_STANDING = """
SELECT COALESCE(json_agg(json_build_object(
           'id', id, 'patron', patron_id, 'division', division_id, 'code', code, 'reason', reason,
           'starts_on', starts_on, 'ends_on', ends_on) ORDER BY starts_on, id), '[]')::text
  FROM patron_block
 WHERE agency_id = $1 AND patron_id = $2 AND lifted_at IS NULL
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

# The day is that of the home branch.
_ABSENCES = """
SELECT COALESCE(json_agg(json_build_object('id', a.id, 'first_day', lower(a.period), 'last_day', upper(a.period) - 1)
                         ORDER BY lower(a.period)), '[]')::text
  FROM absence AS a
  JOIN patron AS p ON p.agency_id = a.agency_id AND p.id = a.patron_id
  JOIN branch_directory AS b ON b.agency_id = p.agency_id AND b.branch_id = p.home_branch_id
 WHERE a.agency_id = $1 AND a.patron_id = $2
   AND upper(a.period) > ($3::timestamptz AT TIME ZONE b.time_zone)::date
"""

_INSERT_ABSENCE = """
INSERT INTO absence (agency_id, patron_id, period) VALUES ($1, $2, daterange($3, $4, '[]')) RETURNING id
"""

_DELETE_ABSENCE = "DELETE FROM absence WHERE agency_id = $1 AND patron_id = $2 AND id = $3"


_decode_blocks = msgspec.json.Decoder(list[Block]).decode
_decode_absences = msgspec.json.Decoder(list[Absence]).decode


async def standing(tx: Transaction, patron: PatronId) -> list[Block]:
    """The blocks nobody has lifted, also those of days to come or past."""
    return await tx.ask(standing_asked_for(tx, patron))


def standing_asked_for(tx: Transaction, patron: PatronId) -> Read[list[Block]]:
    """As `standing`, together with more that is asked."""
    return Read(_STANDING, (tx.agency, patron), _decode_blocks)


async def insert(
    tx: Transaction,
    patron: PatronId,
    code: BlockCode,
    *,
    division: DivisionId | None,
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


async def absences(tx: Transaction, patron: PatronId) -> list[Absence]:
    """Present and coming absences."""
    return await tx.ask(absences_asked_for(tx, patron))


def absences_asked_for(tx: Transaction, patron: PatronId) -> Read[list[Absence]]:
    """As `absences`, together with more that is asked."""
    return Read(_ABSENCES, (tx.agency, patron, tx.now), _decode_absences)


async def insert_absence(tx: Transaction, patron: PatronId, period: AbsencePeriod) -> int:
    return int(await tx.value(_INSERT_ABSENCE, tx.agency, patron, period.first_day, period.last_day))


async def delete_absence(tx: Transaction, patron: PatronId, absence: int) -> bool:
    return await tx.execute(_DELETE_ABSENCE, tx.agency, patron, absence) > 0
