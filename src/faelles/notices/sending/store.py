"""SQL of sending: claiming what is due, writing down what is to be said, recording what came of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from faelles.ground.database import Database, Row, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import AgencyId, DivisionId
from faelles.notices.model import ChannelName, MessageState, Notice, Plan
from faelles.notices.sending.model import Draft, Waiting

LEASE: Final = timedelta(minutes=5)
"""How long a sender may be silent; longer than a batch can take with all its time limits."""

_AGENCIES_DUE = "SELECT agency_id FROM agencies_with_notices_due($1) AS agency_id ORDER BY agency_id"
# One sender at a time claims in an agency, so that what goes into one message is not split between two.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('notices/' || $1::text, 0))"
_SENDER = "SELECT name, time_zone FROM agency_directory WHERE agency_id = $1"
_ADDRESSES = "SELECT division_id, street, postal_code, city FROM division_address WHERE agency_id = $1"
_DUE = """
SELECT patron_id, channel, division_id
  FROM notice
 WHERE agency_id = $1 AND state = 'planned' AND send_after <= $2 AND channel <> ALL ($3::text[])
 ORDER BY send_after
 LIMIT $4
"""
_PLANNED_FOR = """
SELECT id, kind, patron_id, division_id, channel, subject_id, day, sealed, is_urgent, concerning_id, message_id,
       send_after
  FROM notice
 WHERE agency_id = $1 AND state = 'planned' AND patron_id = ANY ($2::bigint[])
 ORDER BY patron_id, id
   FOR NO KEY UPDATE
"""
_WAITING = """
SELECT id, patron_id, division_id, channel, revision, attempts, composed_at, language, subject, body,
       state = 'sending' AS was_under_way
  FROM notice_message
 WHERE agency_id = $1 AND state IN ('sending', 'waiting') AND COALESCE(claimed_until, try_after) <= $2
   AND channel <> ALL ($4::text[])
 ORDER BY COALESCE(claimed_until, try_after)
 LIMIT $3
   FOR NO KEY UPDATE SKIP LOCKED
"""
_NOTICES_OF = """
SELECT id, kind, patron_id, division_id, channel, subject_id, day, sealed, is_urgent, concerning_id, message_id
  FROM notice
 WHERE agency_id = $1 AND message_id = ANY ($2::bigint[]) AND state = 'sending'
 ORDER BY id
   FOR NO KEY UPDATE
"""
_IN_MESSAGE = """
SELECT id, kind, patron_id, division_id, channel, subject_id, day, sealed, is_urgent, concerning_id, message_id
  FROM notice
 WHERE agency_id = $1 AND message_id = $2
 ORDER BY id
"""
_POSTPONE = "UPDATE notice SET send_after = $3 WHERE agency_id = $1 AND id = ANY ($2::bigint[])"
_DROP = """
UPDATE notice SET state = 'untrue', ended_at = $3, sealed = NULL WHERE agency_id = $1 AND id = ANY ($2::bigint[])
"""
_WITHDRAW = """
UPDATE notice_message
   SET state = 'withdrawn', claimed_by = NULL, claimed_until = NULL, try_after = NULL
 WHERE agency_id = $1 AND id = ANY ($2::bigint[])
"""
_NUMBERS = "SELECT nextval('notice_message_number') FROM generate_series(1, $1)"
_WRITE = """
INSERT INTO notice_message AS m (agency_id, claimed_by, claimed_until, state, attempts, id, patron_id, division_id,
                                 channel, recipient, language, subject, body, revision, composed_at)
SELECT $1, $2, $3, 'sending', 1, *
  FROM unnest($4::bigint[], $5::bigint[], $6::integer[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
              $12::integer[], $13::timestamptz[])
    ON CONFLICT (agency_id, id) DO UPDATE
   SET claimed_by = $2, claimed_until = $3, state = 'sending', attempts = m.attempts + 1, try_after = NULL,
       patron_id = EXCLUDED.patron_id, recipient = EXCLUDED.recipient, language = EXCLUDED.language,
       subject = EXCLUDED.subject, body = EXCLUDED.body, revision = EXCLUDED.revision,
       composed_at = EXCLUDED.composed_at
"""
_TAKE_ALONG = """
UPDATE notice AS n
   SET state = 'sending', message_id = t.message_id
  FROM unnest($2::bigint[], $3::bigint[]) AS t (id, message_id)
 WHERE n.agency_id = $1 AND n.id = ANY ($2::bigint[]) AND n.id = t.id
"""
# Only the claim's holder records what came of it: one that took too long finds the message another's.
_RECORD = """
UPDATE notice_message AS m
   SET state = r.state, reference = r.reference, failure = r.failure, try_after = r.try_after,
       sent_at = CASE r.state WHEN 'sent' THEN $3::timestamptz END,
       failed_at = CASE r.state WHEN 'undeliverable' THEN $3::timestamptz END,
       attempts = m.attempts - CASE WHEN r.outcome IS NULL THEN 1 ELSE 0 END,
       claimed_by = NULL, claimed_until = NULL
  FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::text[])
       AS r (id, state, reference, failure, try_after, outcome)
 WHERE m.agency_id = $1 AND m.id = ANY ($4::bigint[]) AND m.id = r.id AND m.state = 'sending' AND m.claimed_by = $2
RETURNING m.id
"""
_ATTEMPTS = """
INSERT INTO notice_attempt (agency_id, at, message_id, number, revision, outcome, detail)
SELECT $1, $2, * FROM unnest($3::bigint[], $4::integer[], $5::integer[], $6::text[], $7::text[])
"""
# A code that has gone is gone. Words by hand stay sealed as long as the message's text is kept: it may come back.
_END = """
UPDATE notice AS n
   SET state = r.state, ended_at = $2,
       sealed = CASE WHEN r.state = 'sent' AND n.is_urgent THEN NULL ELSE n.sealed END
  FROM unnest($3::bigint[], $4::text[]) AS r (message_id, state)
 WHERE n.agency_id = $1 AND n.message_id = ANY ($3::bigint[]) AND n.message_id = r.message_id AND n.state = 'sending'
"""
_OCCASIONS = "SELECT id, occasion FROM notice WHERE agency_id = $1 AND id = ANY ($2::bigint[])"
_ERASE = """
UPDATE notice_message
   SET recipient = NULL, subject = NULL, body = NULL, text_erased_at = $3
 WHERE agency_id = $1 AND text_erased_at IS NULL AND composed_at < $2 AND state NOT IN ('sending', 'waiting')
"""
_ERASE_SEALED = """
UPDATE notice SET sealed = NULL WHERE agency_id = $1 AND sealed IS NOT NULL AND planned_at < $2 AND state <> 'planned'
"""


_OVER = (MessageState.SENT, MessageState.UNDELIVERABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a try came to. `outcome` None: it was not tried at all, and does not count."""

    message: int
    number: int
    revision: int
    state: MessageState
    outcome: str | None
    reference: str | None = None
    failure: str | None = None
    try_after: datetime | None = None


async def agencies_due(database: Database, moment: datetime) -> list[AgencyId]:
    return [AgencyId(row["agency_id"]) for row in await database.outside_agencies(_AGENCIES_DUE, moment)]


async def lock_agency(tx: Transaction) -> bool:
    locked: bool = await tx.value(_LOCK, str(int(tx.agency)))
    return locked


async def sender(tx: Transaction) -> tuple[str, str]:
    """The agency's name and time zone."""
    row = await tx.row(_SENDER, tx.agency)
    return (row["name"], row["time_zone"]) if row else ("", "UTC")


async def addresses(tx: Transaction) -> dict[DivisionId, str]:
    """Where each division's letters come from, on one line."""
    rows = await tx.rows(_ADDRESSES, tx.agency)
    return {row["division_id"]: f"{row['street']}, {row['postal_code']} {row['city']}" for row in rows}


async def due_notices(
    tx: Transaction, *, until: datetime, limit: int, without: Collection[ChannelName]
) -> list[Notice]:
    """The planned notices of those patrons who have something due: with it what is due up to `until`."""
    rows = await tx.rows(_DUE, tx.agency, tx.now, list(without), limit)
    due = {(row["patron_id"], row["channel"], row["division_id"]) for row in rows}
    if not due:
        return []
    patrons = list({patron for patron, _, _ in due})
    return [
        _notice(row)
        for row in await tx.rows(_PLANNED_FOR, tx.agency, patrons)
        if (row["patron_id"], row["channel"], row["division_id"]) in due and row["send_after"] <= until
    ]


async def waiting_messages(tx: Transaction, limit: int, *, without: Collection[ChannelName]) -> list[Waiting]:
    return [_waiting(row) for row in await tx.rows(_WAITING, tx.agency, tx.now, limit, list(without))]


async def notices_of(tx: Transaction, messages: Sequence[int]) -> list[Notice]:
    return [_notice(row) for row in await tx.rows(_NOTICES_OF, tx.agency, list(messages))] if messages else []


async def notices_in(tx: Transaction, message: int) -> list[Notice]:
    """What a message says, whatever became of it."""
    return [_notice(row) for row in await tx.rows(_IN_MESSAGE, tx.agency, message)]


async def postpone(tx: Transaction, notices: Sequence[Notice], moment: datetime) -> None:
    await tx.execute(_POSTPONE, tx.agency, [each.id for each in notices], moment)


async def drop(tx: Transaction, notices: Sequence[Notice]) -> None:
    if notices:
        await tx.execute(_DROP, tx.agency, [each.id for each in notices], tx.now)


async def withdraw(tx: Transaction, messages: Sequence[int]) -> None:
    if messages:
        await tx.execute(_WITHDRAW, tx.agency, list(messages))


async def message_numbers(tx: Transaction, count: int) -> list[int]:
    return [row[0] for row in await tx.rows(_NUMBERS, count)] if count else []


async def write(tx: Transaction, drafts: Sequence[Draft], holder: str) -> None:
    """Claim `drafts` in the words they are to be sent in, new ones and old ones alike."""
    if not drafts:
        return
    columns = _columns(map(_draft_values, drafts))
    await tx.execute(_WRITE, tx.agency, holder, tx.now + LEASE, *columns)
    taken = [(notice.id, draft.id) for draft in drafts for notice in draft.notices]
    await tx.execute(_TAKE_ALONG, tx.agency, *_columns(taken))


async def record(tx: Transaction, results: Sequence[Result], holder: str) -> list[int]:
    """Write down what the tries of this holder came to; the messages that were still its own."""
    if not results:
        return []
    columns = _columns(
        (each.message, each.state.value, each.reference, each.failure, each.try_after, each.outcome) for each in results
    )
    rows = await tx.rows(_RECORD, tx.agency, holder, tx.now, *columns)
    own = {row["id"] for row in rows}
    await note_attempts(tx, [each for each in results if each.message in own and each.outcome is not None])
    ended = [(each.message, each.state.value) for each in results if each.message in own and each.state in _OVER]
    if ended:
        await tx.execute(_END, tx.agency, tx.now, *_columns(ended))
    return sorted(own)


async def note_attempts(tx: Transaction, results: Sequence[Result]) -> None:
    if results:
        columns = _columns(
            (each.message, each.number, each.revision, each.outcome, each.failure or each.reference) for each in results
        )
        await tx.execute(_ATTEMPTS, tx.agency, tx.now, *columns)


async def plans_of(tx: Transaction, notices: Sequence[Notice]) -> list[tuple[Notice, Plan]]:
    """The same things to say, as if they were planned now."""
    rows = await tx.rows(_OCCASIONS, tx.agency, [each.id for each in notices])
    occasions = {row["id"]: row["occasion"] for row in rows}
    return [
        (
            each,
            Plan(
                kind=each.kind,
                occasion=occasions[each.id],
                patron=each.patron,
                division=each.division,
                happened_at=tx.now,
                subject=each.subject,
                day=each.day,
                sealed=each.sealed,
                concerning=each.concerning,
            ),
        )
        for each in notices
        if each.id in occasions
    ]


async def erase_texts(tx: Transaction, before: datetime) -> int:
    """Forget what messages composed before then said and where they went, and how many that were."""
    await tx.execute(_ERASE_SEALED, tx.agency, before)
    return await tx.execute(_ERASE, tx.agency, before, tx.now)


def _columns(lines: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*lines, strict=True)]


def _draft_values(draft: Draft) -> tuple[object, ...]:
    return (
        draft.id,
        draft.patron,
        draft.division,
        draft.channel.value,
        draft.recipient,
        draft.language.value,
        draft.subject,
        draft.body,
        draft.revision,
        draft.composed_at,
    )


def _notice(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        kind=row["kind"],
        patron=row["patron_id"],
        division=row["division_id"],
        channel=ChannelName(row["channel"]),
        subject=row["subject_id"],
        day=row["day"],
        sealed=row["sealed"],
        is_urgent=row["is_urgent"],
        concerning=row["concerning_id"],
        message=row["message_id"],
    )


def _waiting(row: Row) -> Waiting:
    return Waiting(
        id=row["id"],
        patron=row["patron_id"],
        division=row["division_id"],
        channel=ChannelName(row["channel"]),
        revision=row["revision"],
        attempts=row["attempts"],
        composed_at=row["composed_at"],
        language=Language(row["language"]),
        subject=row["subject"] or "",
        body=row["body"] or "",
        was_under_way=row["was_under_way"],
    )
