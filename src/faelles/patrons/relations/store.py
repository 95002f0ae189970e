"""SQL for memberships and guardians. Periods are stored half-open; here the last day is the last day."""

from collections.abc import Sequence
from datetime import date, timedelta

from faelles.ground.database.transaction import Row, Transaction
from faelles.ground.ids import DivisionId, PatronGroupId, PatronId
from faelles.patrons.model import Role
from faelles.patrons.relations.model import Guardianship, Membership

_DAY = timedelta(days=1)

_MEMBERSHIPS = """
SELECT id, patron_id, division_id, role, patron_group_id, lower(valid) AS starts_on, upper(valid) AS until
  FROM membership
 WHERE agency_id = $1 AND patron_id = ANY ($2)
 ORDER BY upper(valid) DESC NULLS FIRST, id
"""

_INSERT_MEMBERSHIP = """
INSERT INTO membership (agency_id, patron_id, division_id, role, patron_group_id, valid)
VALUES ($1, $2, $3, $4, $5, daterange($6, $7, '[]'))
RETURNING id
"""

# What has not begun by then was never meant: it goes instead of becoming an empty period.
_DELETE_MEMBERSHIP = """
DELETE FROM membership WHERE agency_id = $1 AND patron_id = $2 AND id = $3 AND lower(valid) > $4
"""

_END_MEMBERSHIP = """
UPDATE membership SET valid = daterange(lower(valid), $4, '[]')
 WHERE agency_id = $1 AND patron_id = $2 AND id = $3 AND (upper_inf(valid) OR upper(valid) > $4::date + 1)
"""

_GUARDIANSHIPS = """
SELECT g.id, g.patron_id, w.name AS ward_name, g.guardian_id, a.name AS guardian_name, g.is_financially_responsible,
       lower(g.valid) AS starts_on, upper(g.valid) AS until
  FROM guardian AS g
  JOIN patron AS w ON w.agency_id = g.agency_id AND w.id = g.patron_id
  JOIN patron AS a ON a.agency_id = g.agency_id AND a.id = g.guardian_id
 WHERE g.agency_id = $1 AND (g.patron_id = $2 OR g.guardian_id = $2)
 ORDER BY upper(g.valid) DESC NULLS FIRST, g.id
"""

_INSERT_GUARDIAN = """
INSERT INTO guardian (agency_id, patron_id, guardian_id, is_financially_responsible, valid)
VALUES ($1, $2, $3, $4, daterange($5, NULL))
RETURNING id
"""

_DELETE_GUARDIAN = """
DELETE FROM guardian WHERE agency_id = $1 AND patron_id = $2 AND id = $3 AND lower(valid) > $4
"""

_END_GUARDIAN = """
UPDATE guardian SET valid = daterange(lower(valid), $4, '[]')
 WHERE agency_id = $1 AND patron_id = $2 AND id = $3 AND (upper_inf(valid) OR upper(valid) > $4::date + 1)
"""


def last_day(until: date | None) -> date | None:
    """The last day of a half-open period."""
    return until - _DAY if until else None


async def memberships(tx: Transaction, patrons: Sequence[PatronId]) -> list[Membership]:
    """All memberships of `patrons`, those that last longest first."""
    return [_membership(row) for row in await tx.rows(_MEMBERSHIPS, tx.agency, list(patrons))]


def _membership(row: Row) -> Membership:
    return Membership(
        id=row["id"],
        patron=PatronId(row["patron_id"]),
        division=DivisionId(row["division_id"]),
        role=Role(row["role"]),
        group=PatronGroupId(row["patron_group_id"]),
        starts_on=row["starts_on"],
        ends_on=last_day(row["until"]),
    )


async def insert_membership(
    tx: Transaction, patron: PatronId, division: int, role: Role, *, group: int, first: date, last: date | None
) -> int:
    return int(await tx.value(_INSERT_MEMBERSHIP, tx.agency, patron, division, role.value, group, first, last))


async def end_membership(tx: Transaction, patron: PatronId, membership: int, last: date) -> bool:
    """Whether it would have lasted longer. One that starts only after `last` is taken away whole."""
    deleted = await tx.execute(_DELETE_MEMBERSHIP, tx.agency, patron, membership, last)
    return deleted > 0 or await tx.execute(_END_MEMBERSHIP, tx.agency, patron, membership, last) > 0


async def guardianships(tx: Transaction, patron: PatronId) -> list[Guardianship]:
    """Who answers for the patron, and whom the patron answers for."""
    return [
        Guardianship(
            id=row["id"],
            ward=PatronId(row["patron_id"]),
            ward_name=row["ward_name"],
            guardian=PatronId(row["guardian_id"]),
            guardian_name=row["guardian_name"],
            is_financially_responsible=row["is_financially_responsible"],
            starts_on=row["starts_on"],
            ends_on=last_day(row["until"]),
        )
        for row in await tx.rows(_GUARDIANSHIPS, tx.agency, patron)
    ]


async def insert_guardian(
    tx: Transaction, ward: PatronId, guardian: PatronId, first: date, *, is_financially_responsible: bool
) -> int:
    return int(await tx.value(_INSERT_GUARDIAN, tx.agency, ward, guardian, is_financially_responsible, first))


async def end_guardian(tx: Transaction, ward: PatronId, guardianship: int, last: date) -> bool:
    """Whether it would have lasted longer."""
    deleted = await tx.execute(_DELETE_GUARDIAN, tx.agency, ward, guardianship, last)
    return deleted > 0 or await tx.execute(_END_GUARDIAN, tx.agency, ward, guardianship, last) > 0
