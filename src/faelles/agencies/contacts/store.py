"""The SQL of branches' addresses."""

from collections.abc import Sequence

from faelles.agencies.contacts.model import BranchContact
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId

_SAVE = """
INSERT INTO branch_contact (agency_id, branch_id, street, postal_code, city, phone, email, website)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (agency_id, branch_id)
    DO UPDATE SET street = EXCLUDED.street, postal_code = EXCLUDED.postal_code, city = EXCLUDED.city,
                  phone = EXCLUDED.phone, email = EXCLUDED.email, website = EXCLUDED.website
"""
_LOAD = """
SELECT branch_id, street, postal_code, city, phone, email, website
  FROM branch_contact
 WHERE agency_id = $1 AND branch_id = ANY ($2::integer[])
"""


async def save(tx: Transaction, branch: BranchId, contact: BranchContact) -> None:
    values = (contact.street, contact.postal_code, contact.city, contact.phone, contact.email, contact.website)
    await tx.execute(_SAVE, tx.agency, branch, *values)


async def load(tx: Transaction, branches: Sequence[BranchId]) -> dict[BranchId, BranchContact]:
    return {
        row["branch_id"]: BranchContact(
            street=row["street"],
            postal_code=row["postal_code"],
            city=row["city"],
            phone=row["phone"],
            email=row["email"],
            website=row["website"],
        )
        for row in await tx.rows(_LOAD, tx.agency, list(branches))
    }
