"""SQL for memberships and guardians. Periods are stored half-open; here the last day is the last day."""

from datetime import date

import msgspec

from faelles.ground.database import Read
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.model import Role
from faelles.patrons.relations.model import Guardianship, Membership

_MEMBERSHIPS = """
SELECT COALESCE(json_agg(json_build_object(
           'id', id, 'patron', patron_id, 'division', division_id, 'role', role, 'group', patron_group_id,
           'starts_on', lower(valid), 'ends_on', upper(valid) - 1)
           ORDER BY upper(valid) DESC NULLS FIRST, id), '[]')::text
  FROM membership
 WHERE agency_id = $1 AND patron_id = $2
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
SELECT COALESCE(json_agg(json_build_object(
           'id', g.id, 'ward', g.patron_id, 'ward_name', w.name, 'guardian', g.guardian_id, 'guardian_name', a.name,
           'is_financially_responsible', g.is_financially_responsible,
           'starts_on', lower(g.valid), 'ends_on', upper(g.valid) - 1)
           ORDER BY upper(g.valid) DESC NULLS FIRST, g.id), '[]')::text
  FROM guardian AS g
  JOIN patron AS w ON w.agency_id = g.agency_id AND w.id = g.patron_id
  JOIN patron AS a ON a.agency_id = g.agency_id AND a.id = g.guardian_id
 WHERE g.agency_id = $1 AND (g.patron_id = $2 OR g.guardian_id = $2)
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


_decode_memberships = msgspec.json.Decoder(list[Membership]).decode
_decode_guardianships = msgspec.json.Decoder(list[Guardianship]).decode


async def memberships(tx: Transaction, patron: PatronId) -> list[Membership]:
    """All memberships of the patron, those that last longest first."""
    return await tx.ask(memberships_asked_for(tx, patron))


def memberships_asked_for(tx: Transaction, patron: PatronId) -> Read[list[Membership]]:
    """As `memberships`, together with more that is asked."""
    return Read(_MEMBERSHIPS, (tx.agency, patron), _decode_memberships)


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
    return await tx.ask(guardianships_asked_for(tx, patron))


def guardianships_asked_for(tx: Transaction, patron: PatronId) -> Read[list[Guardianship]]:
    """As `guardianships`, together with more that is asked."""
    return Read(_GUARDIANSHIPS, (tx.agency, patron), _decode_guardianships)


async def insert_guardian(
    tx: Transaction, ward: PatronId, guardian: PatronId, first: date, *, is_financially_responsible: bool
) -> int:
    return int(await tx.value(_INSERT_GUARDIAN, tx.agency, ward, guardian, is_financially_responsible, first))


async def end_guardian(tx: Transaction, ward: PatronId, guardianship: int, last: date) -> bool:
    """Whether it would have lasted longer."""
    deleted = await tx.execute(_DELETE_GUARDIAN, tx.agency, ward, guardianship, last)
    return deleted > 0 or await tx.execute(_END_GUARDIAN, tx.agency, ward, guardianship, last) > 0
