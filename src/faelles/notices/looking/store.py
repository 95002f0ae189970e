"""SQL of looking at messages and dealing with those that did not arrive."""

from collections.abc import Sequence
from typing import Any

from faelles.ground.database import Row, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import ChargeId, LoanId, PatronId
from faelles.notices.looking.model import Attempt, MessageLine, MessageView, Said
from faelles.notices.model import About, ChannelName, MessageState, kinds
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

_LINE = """
m.id, m.patron_id, m.division_id, m.channel, m.state, m.language, m.composed_at, m.attempts, m.sent_at, m.failure,
m.failed_at, m.settled_at, m.settled_how,
ARRAY(SELECT DISTINCT n.kind FROM notice AS n WHERE n.agency_id = $1 AND n.message_id = m.id ORDER BY n.kind) AS kinds
"""
_OF_PATRON = f"""
SELECT {_LINE}
  FROM notice_message AS m
 WHERE m.agency_id = $1 AND m.patron_id = $2 AND m.id < COALESCE($4, 9223372036854775807)
   AND ($3::integer[] IS NULL OR m.division_id = ANY ($3))
 ORDER BY m.id DESC
 LIMIT $5
"""
_UNSETTLED = f"""
SELECT {_LINE}
  FROM notice_message AS m
 WHERE m.agency_id = $1 AND m.state IN ('undeliverable', 'bounced') AND m.settled_at IS NULL
   AND m.id > $3 AND ($2::integer[] IS NULL OR m.division_id = ANY ($2))
 ORDER BY m.id
 LIMIT $4
"""
_ONE = f"""
SELECT {_LINE}, m.recipient, m.subject, m.body, m.reference
  FROM notice_message AS m
 WHERE m.agency_id = $1 AND m.id = $2 AND ($3::integer[] IS NULL OR m.division_id = ANY ($3))
"""
_LOCK = "SELECT id FROM notice_message WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE"
_TRIES = """
SELECT number, at, outcome, detail FROM notice_attempt WHERE agency_id = $1 AND message_id = $2 ORDER BY id
"""
_SETTLE = """
UPDATE notice_message SET settled_at = $3, settled_by = $4, settled_how = $5 WHERE agency_id = $1 AND id = $2
"""
_BOUNCE = """
UPDATE notice_message SET state = 'bounced', failed_at = $3, failure = $4
 WHERE agency_id = $1 AND id = $2 AND state = 'sent'
"""
_NOTE_BOUNCE = """
INSERT INTO notice_attempt (agency_id, message_id, number, revision, at, outcome, detail)
SELECT $1, id, attempts, revision, $3, 'bounced', $4 FROM notice_message WHERE agency_id = $1 AND id = $2
"""
_WARNINGS = """
SELECT subject_id
  FROM notice
 WHERE agency_id = $1 AND message_id = $2 AND kind = 'exclusion_warning' AND subject_id IS NOT NULL
"""
# Of the warnings in a message that came back, those that nobody has by another message either.
_WARNINGS_LOST = """
SELECT n.subject_id
  FROM notice AS n
 WHERE n.agency_id = $1 AND n.message_id = $2 AND n.kind = 'exclusion_warning' AND n.subject_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM notice AS o
                     JOIN notice_message AS m ON m.agency_id = $1 AND m.id = o.message_id
                    WHERE o.agency_id = $1 AND o.kind = n.kind AND o.subject_id = n.subject_id
                      AND (o.patron_id IN (n.patron_id, n.concerning_id)
                           OR o.concerning_id IN (n.patron_id, n.concerning_id))
                      AND (m.state = 'sent' OR m.settled_how = 'handed_over'))
"""
# To be said again, by the way given, as if it had just been planned; unless that was planned already.
_PLAN_AGAIN = """
UPDATE notice AS n
   SET state = 'planned', channel = $3, send_after = $4, ended_at = NULL, message_id = NULL
 WHERE n.agency_id = $1 AND n.message_id = $2 AND n.state IN ('undeliverable', 'sent')
   AND NOT EXISTS (SELECT FROM notice AS o
                    WHERE o.agency_id = $1 AND o.patron_id = n.patron_id AND o.occasion = n.occasion AND o.kind = n.kind
                      AND o.channel = $3 AND o.id <> n.id)
"""
_ABOUT = """
SELECT n.kind, n.channel, n.state, n.planned_at, CASE n.state WHEN 'sent' THEN n.ended_at END AS sent_at, n.message_id
  FROM notice AS n
 WHERE n.agency_id = $1 AND n.patron_id = ANY ($2::bigint[])
   AND (n.kind = ANY ($3::text[]) AND n.subject_id = ANY ($4::bigint[])
        OR n.kind = ANY ($5::text[]) AND n.subject_id = $6)
 ORDER BY n.planned_at, n.id
"""


async def said_about(
    tx: Transaction, patrons: Sequence[PatronId], *, loans: Sequence[LoanId], charge: ChargeId
) -> list[Said]:
    """What was to be said to `patrons` about the loans and the claim, the earliest first."""
    of_loans = [kind.name for kind in kinds().values() if kind.about is About.LOAN]
    of_claims = [kind.name for kind in kinds().values() if kind.about is About.CLAIM]
    rows = await tx.rows(_ABOUT, tx.agency, list(patrons), of_loans, list(loans), of_claims, charge)
    return [
        Said(
            kind=row["kind"],
            channel=ChannelName(row["channel"]),
            state=row["state"],
            planned_at=row["planned_at"],
            sent_at=row["sent_at"],
            message=row["message_id"],
        )
        for row in rows
    ]


async def of_patron(
    tx: Transaction, patron: PatronId, divisions: Divisions, *, before: int | None, limit: int
) -> list[MessageLine]:
    rows = await tx.rows(_OF_PATRON, tx.agency, patron, listed(divisions), before, limit)
    return [_line(row) for row in rows]


async def unsettled(tx: Transaction, divisions: Divisions, *, after: int, limit: int) -> list[MessageLine]:
    return [_line(row) for row in await tx.rows(_UNSETTLED, tx.agency, listed(divisions), after, limit)]


async def lock(tx: Transaction, message: int) -> None:
    await tx.row(_LOCK, tx.agency, message)


async def load(tx: Transaction, message: int, divisions: Divisions) -> MessageView | None:
    row = await tx.row(_ONE, tx.agency, message, listed(divisions))
    if row is None:
        return None
    tries = [
        Attempt(number=each["number"], at=each["at"], outcome=each["outcome"], detail=each["detail"])
        for each in await tx.rows(_TRIES, tx.agency, message)
    ]
    return MessageView(
        **_fields(row),
        recipient=row["recipient"],
        subject=row["subject"],
        text=row["body"],
        reference=row["reference"],
        tries=tuple(tries),
    )


async def settle(tx: Transaction, message: int, how: str) -> None:
    await tx.execute(_SETTLE, tx.agency, message, tx.now, str(tx.actor), how)


async def bounce(tx: Transaction, message: int, detail: str) -> bool:
    """Mark a message that was sent as returned; whether it was sent."""
    if not await tx.execute(_BOUNCE, tx.agency, message, tx.now, detail):
        return False
    await tx.execute(_NOTE_BOUNCE, tx.agency, message, tx.now, detail)
    return True


async def warnings_in(tx: Transaction, message: int) -> list[int]:
    """The notices of exclusion that the message was about."""
    return [row["subject_id"] for row in await tx.rows(_WARNINGS, tx.agency, message)]


async def warnings_lost(tx: Transaction, message: int) -> list[int]:
    """Of those, the ones that nobody has: no other message with them has gone, none was handed over."""
    return [row["subject_id"] for row in await tx.rows(_WARNINGS_LOST, tx.agency, message)]


async def plan_again(tx: Transaction, message: int, channel: ChannelName) -> int:
    return await tx.execute(_PLAN_AGAIN, tx.agency, message, channel.value, tx.now)


def _line(row: Row) -> MessageLine:
    return MessageLine(**_fields(row))


def _fields(row: Row) -> dict[str, Any]:
    """What a line and a view of a message share."""
    return {
        "id": row["id"],
        "patron": row["patron_id"],
        "division": row["division_id"],
        "channel": ChannelName(row["channel"]),
        "state": MessageState(row["state"]),
        "kinds": tuple(row["kinds"]),
        "language": Language(row["language"]),
        "composed_at": row["composed_at"],
        "attempts": row["attempts"],
        "sent_at": row["sent_at"],
        "failure": row["failure"],
        "failed_at": row["failed_at"],
        "settled_at": row["settled_at"],
        "settled_how": row["settled_how"],
    }
