"""The SQL of stacks and of two borrowers."""

from collections.abc import Sequence

import msgspec

from faelles.circulation.desk.facts import ItemFacts
from faelles.ground.database import Transaction
from faelles.ground.ids import LoanId

_LOCK_ITEMS = """
SELECT
  FROM item_circulation
 WHERE agency_id = $1
   AND item_id IN (SELECT item_id FROM copy WHERE agency_id = $1 AND number = ANY ($2::text[]))
 ORDER BY item_id
   FOR NO KEY UPDATE
"""
_READ_ITEMS = """
SELECT i.facts::text AS facts
  FROM item_facts AS i
  JOIN copy AS c ON c.agency_id = i.agency_id AND c.item_id = i.item_id
 WHERE i.agency_id = $1 AND c.number = ANY ($2::text[])
"""
_SWAP_BORROWERS = """
UPDATE loan_borrower AS mine
   SET patron_id = others.patron_id
  FROM loan_borrower AS others
 WHERE mine.agency_id = $1 AND others.agency_id = $1
   AND mine.role = $4 AND others.role = $4
   AND (mine.loan_id, others.loan_id) IN (($2::bigint, $3::bigint), ($3, $2))
"""

_item_facts = msgspec.json.Decoder(ItemFacts)


async def lock_items(tx: Transaction, item_numbers: Sequence[str]) -> None:
    """Lock many items, in the order of their ids."""
    await tx.rows(_LOCK_ITEMS, tx.agency, list(item_numbers))


async def read_items(tx: Transaction, numbers: Sequence[str]) -> dict[str, ItemFacts]:
    """The copies that there are, by number."""
    found = [_item_facts.decode(row["facts"]) for row in await tx.rows(_READ_ITEMS, tx.agency, list(numbers))]
    return {item.number: item for item in found}


async def swap_borrowers(tx: Transaction, loan: LoanId, other: LoanId, role: str) -> None:
    await tx.execute(_SWAP_BORROWERS, tx.agency, loan, other, role)
