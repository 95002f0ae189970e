"""SQL that takes patrons away, and what no longer holds of those who stay."""

from datetime import datetime

from faelles.ground.database.transaction import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

# Days in the database end at midnight in UTC, as the moments they are measured against.
_DAY = "($2::timestamptz AT TIME ZONE 'UTC')::date"

# Whose staff may see somebody follows from the latest membership, so that one goes with the patron.
_FORGET_RELATIONS = (
    """
DELETE FROM patron_identifier
 WHERE agency_id = $1
   AND id IN (SELECT id FROM patron_identifier WHERE agency_id = $1 AND ended_at < $2 LIMIT $3)
""",
    f"""
DELETE FROM membership
 WHERE agency_id = $1
   AND id IN (SELECT m.id FROM membership AS m
               WHERE m.agency_id = $1 AND upper(m.valid) <= {_DAY}
                 AND EXISTS (SELECT FROM membership AS o
                              WHERE o.agency_id = $1 AND o.patron_id = m.patron_id
                                AND (COALESCE(upper(o.valid), 'infinity'), o.id) > (upper(m.valid), m.id))
               LIMIT $3)
""",
    f"""
DELETE FROM guardian
 WHERE agency_id = $1
   AND id IN (SELECT id FROM guardian WHERE agency_id = $1 AND upper(valid) <= {_DAY} LIMIT $3)
""",
    f"""
DELETE FROM class_member AS c
 USING (SELECT class_id, patron_id, valid FROM class_member
         WHERE agency_id = $1 AND upper(valid) <= {_DAY} LIMIT $3) AS due
 WHERE c.agency_id = $1 AND c.class_id = due.class_id AND c.patron_id = due.patron_id AND c.valid = due.valid
""",
    f"""
DELETE FROM patron_block
 WHERE agency_id = $1
   AND id IN (SELECT id FROM patron_block
               WHERE agency_id = $1 AND (lifted_at < $2 OR ends_on + 1 <= {_DAY})
               LIMIT $3)
""",
    f"""
DELETE FROM absence
 WHERE agency_id = $1
   AND id IN (SELECT id FROM absence WHERE agency_id = $1 AND upper(period) <= {_DAY} LIMIT $3)
""",
)
_FORGET_LINKS = """
DELETE FROM patron_link
 WHERE agency_id = $1 AND id IN (SELECT id FROM patron_link WHERE agency_id = $1 AND expires_at < $2 LIMIT $3)
"""

# Of one patron; a signpost left by a merge goes with the patron it points to.
_ERASE = (
    "DELETE FROM patron_link WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM favourite WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM favourite_list WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM patron_profile WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM patron_reach WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM register_record WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM patron_identifier WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM membership WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM guardian WHERE agency_id = $1 AND (patron_id = $2 OR guardian_id = $2)",
    "DELETE FROM class_member WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM patron_block WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM absence WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM patron WHERE agency_id = $1 AND id = $2",
)
_SIGNPOSTS = "SELECT id FROM patron WHERE agency_id = $1 AND merged_into_id = $2 ORDER BY id"


async def forget_relations(tx: Transaction, before: datetime) -> int:
    return sum([await tx.execute(each, tx.agency, before, BATCH) for each in _FORGET_RELATIONS])


async def forget_links(tx: Transaction, before: datetime) -> int:
    return await tx.execute(_FORGET_LINKS, tx.agency, before, BATCH)


async def signposts(tx: Transaction, patron: PatronId) -> list[PatronId]:
    """The patrons that were merged into this one."""
    return [PatronId(row["id"]) for row in await tx.rows(_SIGNPOSTS, tx.agency, patron)]


async def erase(tx: Transaction, patron: PatronId) -> None:
    for statement in _ERASE:
        await tx.execute(statement, tx.agency, patron)
