"""The SQL of who may borrow from whom."""

from datetime import date

import asyncpg

from faelles.circulation.sharing.model import Agreement
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import AgencyId

_GIVE = """
INSERT INTO lending_agreement (agency_id, borrower_agency_id, valid, given_by, given_at)
VALUES ($1, $2, daterange($3, $4, '[]'), $5, $6)
RETURNING id
"""
_END = """
UPDATE lending_agreement SET valid = daterange(lower(valid), $3, '[]')
 WHERE agency_id = $1 AND id = $2 AND lower(valid) <= $3 AND (upper_inf(valid) OR upper(valid) > $3::date + 1)
"""
_LIST = """
SELECT a.id, l.isil AS lender, b.isil AS borrower, lower(a.valid) AS first_day, upper(a.valid) - 1 AS last_day
  FROM lending_agreement AS a
  JOIN agency_directory AS l ON l.agency_id = a.agency_id
  JOIN agency_directory AS b ON b.agency_id = a.borrower_agency_id
 WHERE a.agency_id = $1 OR a.borrower_agency_id = $1
 ORDER BY a.agency_id, a.id
"""
_AGENCY_WITH_ISIL = "SELECT agency_id FROM agency_directory WHERE isil = $1 AND agency_id NOT IN (0, $2)"


async def give(tx: Transaction, borrower: AgencyId, first: date, last: date | None) -> int:
    """Let another agency borrow; raises ConflictError where it may already."""
    try:
        return int(await tx.value(_GIVE, tx.agency, borrower, first, last, str(tx.actor), tx.now))
    except asyncpg.ExclusionViolationError:
        raise ConflictError("one_agreement_at_a_time") from None


async def end(tx: Transaction, agreement: int, last: date) -> bool:
    return await tx.execute(_END, tx.agency, agreement, last) > 0


async def agreements(tx: Transaction) -> list[Agreement]:
    """Those that the agency has given, and those that it was given."""
    return [
        Agreement(
            id=row["id"],
            lender=row["lender"],
            borrower=row["borrower"],
            first_day=row["first_day"],
            last_day=row["last_day"],
        )
        for row in await tx.rows(_LIST, tx.agency)
    ]


async def agency_with_isil(tx: Transaction, isil: str) -> AgencyId | None:
    """Another agency, neither this one nor the nation."""
    found: int | None = await tx.value(_AGENCY_WITH_ISIL, isil, tx.agency)
    return None if found is None else AgencyId(found)
