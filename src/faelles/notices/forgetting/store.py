"""SQL that takes messages away."""

from datetime import datetime

from faelles.ground.database import Transaction
from faelles.ground.forgetting import BATCH
from faelles.ground.ids import PatronId

_FORGET_NOTICES = """
DELETE FROM notice
 WHERE agency_id = $1
   AND id IN (SELECT id FROM notice
               WHERE agency_id = $1 AND state NOT IN ('planned', 'sending') AND planned_at < $2
               LIMIT $3)
"""
_OLD_MESSAGES = """
SELECT m.id FROM notice_message AS m
 WHERE m.agency_id = $1 AND m.state NOT IN ('sending', 'waiting') AND m.composed_at < $2
   AND NOT EXISTS (SELECT FROM notice AS n WHERE n.agency_id = $1 AND n.message_id = m.id)
"""
# With text and without: each half has an index that begins with the oldest.
_FORGET_MESSAGES = f"""
DELETE FROM notice_message
 WHERE agency_id = $1
   AND id IN ({_OLD_MESSAGES} AND m.text_erased_at IS NULL
              UNION ALL {_OLD_MESSAGES} AND m.text_erased_at IS NOT NULL LIMIT $3)
"""
# What was written to somebody else about the patron loses its words; what was written to the patron goes.
_ERASE = (
    """
UPDATE notice_message
   SET recipient = NULL, subject = NULL, body = NULL, text_erased_at = COALESCE(text_erased_at, now())
 WHERE agency_id = $1 AND patron_id <> $2 AND state NOT IN ('sending', 'waiting')
   AND id IN (SELECT message_id FROM notice WHERE agency_id = $1 AND concerning_id = $2)
""",
    "DELETE FROM notice WHERE agency_id = $1 AND (patron_id = $2 OR concerning_id = $2)",
    "DELETE FROM notice_message WHERE agency_id = $1 AND patron_id = $2",
    "DELETE FROM notice_wishes WHERE agency_id = $1 AND patron_id = $2",
)


async def forget_messages(tx: Transaction, before: datetime) -> int:
    notices = await tx.execute(_FORGET_NOTICES, tx.agency, before, BATCH)
    return notices + await tx.execute(_FORGET_MESSAGES, tx.agency, before, BATCH)


async def erase(tx: Transaction, patron: PatronId) -> None:
    for statement in _ERASE:
        await tx.execute(statement, tx.agency, patron)
