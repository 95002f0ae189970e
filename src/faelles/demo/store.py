"""What the demonstration reads of the rooms it fills, through their views."""

from enum import Enum

import msgspec

from faelles.circulation.desk.facts import PatronFacts
from faelles.demo.stock import Title, title
from faelles.ground.database import Transaction
from faelles.ground.ids import NATION, BranchId, ItemNumber, RecordId

_COUNT_TITLES = "SELECT count(*) FROM title WHERE record_agency_id = $1"
_TITLES = """
SELECT record_id, material_type, subjects
  FROM title
 WHERE record_agency_id = $1 AND successor_id IS NULL AND NOT is_provisional
 ORDER BY identifier
"""
_IS_FILLED = "SELECT EXISTS (SELECT FROM copy WHERE agency_id = $1)"

# The holders of the demonstration's own cards, in the order of the cards: all of them, those who are blocked, those who
# owe something.
_HOLDERS = """
SELECT i.lookup AS card, p.facts::text AS facts
  FROM borrower_identifier AS i
  JOIN patron_facts AS p ON p.agency_id = $1 AND p.patron_id = i.patron_id
 WHERE i.agency_id = $1 AND i.kind = 'card' AND i.ended_at IS NULL AND i.lookup ~ '^K[0-9]{9}$' AND i.lookup > $2
"""
_IN_ORDER = """
 ORDER BY i.lookup
 LIMIT $3
"""
_ANYBODY = _HOLDERS + _IN_ORDER
_BLOCKED = f"""{_HOLDERS}
   AND i.patron_id IN (SELECT k.patron_id FROM borrower_block AS k WHERE k.agency_id = $1)
{_IN_ORDER}"""
_OWING = f"""{_HOLDERS}
   AND i.patron_id IN (SELECT b.patron_id FROM patron_balance AS b WHERE b.agency_id = $1 AND b.balance_ore > 0)
{_IN_ORDER}"""

# Sound books on the shelves of the public library, those of one branch first.
_ON_THE_SHELF = """
SELECT i.number, i.record_id
  FROM copy AS i
  JOIN copy_whereabouts AS w ON w.agency_id = $1 AND w.item_id = i.item_id
  JOIN branch_directory AS b ON b.agency_id = $1 AND b.branch_id = i.owner_branch_id
  JOIN material_group_directory AS g ON g.material_group_id = i.material_group_id
 WHERE i.agency_id = $1 AND i.kind = 'item' AND i.withdrawn_at IS NULL AND w.state = 'available'
   AND b.division_kind = 'public' AND (i.not_for_loan IS NOT NULL) = $3
   AND ($3 OR (g.code IN ('book_adult', 'book_child') AND i.condition = 'good' AND i.minimum_age IS NULL))
   AND NOT EXISTS (SELECT FROM copy_note AS n WHERE n.agency_id = $1 AND n.item_id = i.item_id)
   AND NOT EXISTS (SELECT FROM copy_part AS p WHERE p.agency_id = $1 AND p.item_id = i.item_id AND NOT p.is_present)
 ORDER BY i.owner_branch_id <> $2, i.number
 LIMIT $4
"""

_facts = msgspec.json.Decoder(PatronFacts)


async def count_titles(tx: Transaction) -> int:
    """How many titles the nation has."""
    found: int = await tx.value(_COUNT_TITLES, NATION)
    return found


async def titles(tx: Transaction) -> list[Title]:
    """The nation's, in an order that is the same everywhere."""
    return [title(row["record_id"], row["material_type"], row["subjects"]) for row in await tx.rows(_TITLES, NATION)]


async def is_filled(tx: Transaction) -> bool:
    """Whether the agency has copies: the demonstration's are written together with everything else it gives it."""
    found: bool = await tx.value(_IS_FILLED, tx.agency)
    return found


class Holders(Enum):
    """Whose cards are asked for."""

    ANYBODY = _ANYBODY
    BLOCKED = _BLOCKED
    OWING = _OWING


async def holders(tx: Transaction, whose: Holders, *, after: str, most: int) -> list[tuple[str, PatronFacts]]:
    """Cards after `after`, and who holds them."""
    return [(row["card"], _facts.decode(row["facts"])) for row in await tx.rows(whose.value, tx.agency, after, most)]


async def on_the_shelf(
    tx: Transaction, branch: BranchId, *, for_loan: bool, most: int
) -> list[tuple[ItemNumber, RecordId]]:
    """Copies that nobody has, those of `branch` first: that can be lent, or that are not for loan."""
    rows = await tx.rows(_ON_THE_SHELF, tx.agency, branch, not for_loan, most)
    return [(row["number"], row["record_id"]) for row in rows]
