"""What all of this room reads of patrons, and the planned notices themselves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from faelles.ground.database import Row, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.notices.model import ChannelName, Contact, Plan
from faelles.notices.wishes.model import NO_WISHES, Wishes

# Of a patron who was merged into another, the other. Who that is, is worked out first (OFFSET 0): as a condition on the
# contact, COALESCE would keep PostgreSQL from looking it up by its key under a row policy, and all patrons of the
# agency would be read for each who is asked for.
_CONTACTS = """
SELECT asked.id AS asked_id, c.patron_id, c.name, c.birth_date, c.language, c.email, c.phone, c.street, c.postal_code,
       c.city, c.country, c.sealed_cpr, w.wishes::text AS wishes, m.mutes_email, m.mutes_sms, m.mutes_letter,
       EXISTS (SELECT FROM borrower_block AS b
                WHERE b.agency_id = $1 AND b.patron_id = c.patron_id AND b.code = 'D') AS is_deceased
  FROM unnest($2::bigint[]) AS asked (id)
 CROSS JOIN LATERAL (
           SELECT COALESCE(merged_into_id, patron_id) AS patron_id
             FROM patron_contact WHERE agency_id = $1 AND patron_id = asked.id OFFSET 0) AS meant
  JOIN patron_contact AS c ON c.agency_id = $1 AND c.patron_id = meant.patron_id
  JOIN patron_muting AS m ON m.agency_id = $1 AND m.patron_id = c.patron_id
  LEFT JOIN notice_wishes AS w ON w.agency_id = $1 AND w.patron_id = c.patron_id
"""
_MUTED_BY = {
    ChannelName.EMAIL: "mutes_email",
    ChannelName.SMS: "mutes_sms",
    ChannelName.LETTER: "mutes_letter",
}
_GUARDIANS = """
SELECT patron_id, guardian_id
  FROM responsible_guardian
 WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[]) AND valid @> $3::date
"""
_PLAN = """
INSERT INTO notice (agency_id, planned_at, kind, occasion, patron_id, concerning_id, division_id, channel, subject_id,
                    day, sealed, is_urgent, send_after)
SELECT $1, $2, *
  FROM unnest($3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::integer[], $8::text[], $9::bigint[], $10::date[],
              $11::bytea[], $12::boolean[], $13::timestamptz[])
    ON CONFLICT ON CONSTRAINT noticed_once DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody to be written to, and what they wish."""

    contact: Contact
    wishes: Wishes


@dataclass(frozen=True, slots=True)
class PlannedNotice:
    """A plan with the way it goes."""

    plan: Plan
    patron: PatronId
    channel: ChannelName
    send_after: datetime
    is_urgent: bool


_DROP_TOLD_TWICE = """
DELETE FROM notice AS n
 WHERE n.agency_id = $1 AND n.patron_id = $2
   AND EXISTS (SELECT FROM notice AS o
                WHERE o.agency_id = $1 AND o.patron_id = $3 AND o.occasion = n.occasion AND o.kind = n.kind
                  AND o.channel = n.channel)
"""
_MOVE_NOTICES = "UPDATE notice SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"
_MOVE_CONCERNING = "UPDATE notice SET concerning_id = $3 WHERE agency_id = $1 AND concerning_id = $2"
_MOVE_MESSAGES = "UPDATE notice_message SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"


async def load_reached(tx: Transaction, patrons: Collection[PatronId]) -> Mapping[PatronId, Reached]:
    """By the ids that were asked for; somebody merged stands under both."""
    rows = await tx.rows(_CONTACTS, tx.agency, list(patrons)) if patrons else []
    return {row["asked_id"]: Reached(_contact(row), _wishes(row["wishes"])) for row in rows}


async def load_guardians(
    tx: Transaction, children: Collection[PatronId], day: date
) -> Mapping[PatronId, list[PatronId]]:
    found: dict[PatronId, list[PatronId]] = {}
    for row in await tx.rows(_GUARDIANS, tx.agency, list(children), day) if children else []:
        found.setdefault(row["patron_id"], []).append(row["guardian_id"])
    return found


async def insert_notices(tx: Transaction, notices: Sequence[PlannedNotice]) -> int:
    """Write those that were not there yet, and tell how many."""
    if not notices:
        return 0
    return await tx.execute(_PLAN, tx.agency, tx.now, *_columns(map(_values, notices)))


def _columns(lines: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*lines, strict=True)]


def _values(notice: PlannedNotice) -> tuple[object, ...]:
    plan = notice.plan
    return (
        plan.kind,
        plan.occasion,
        notice.patron,
        plan.concerning,
        plan.division,
        notice.channel.value,
        plan.subject,
        plan.day,
        plan.sealed,
        notice.is_urgent,
        notice.send_after,
    )


async def move_patron(tx: Transaction, source: PatronId, target: PatronId) -> None:
    """What `source` was told, and is to be told, goes to `target`; what both were told of one occasion, once."""
    for move in (_DROP_TOLD_TWICE, _MOVE_NOTICES, _MOVE_CONCERNING, _MOVE_MESSAGES):
        await tx.execute(move, tx.agency, source, target)


def _contact(row: Row) -> Contact:
    return Contact(
        patron=row["patron_id"],
        name=row["name"],
        birth_date=row["birth_date"],
        language=Language(row["language"]),
        email=row["email"],
        phone=row["phone"],
        street=row["street"],
        postal_code=row["postal_code"],
        city=row["city"],
        country=row["country"],
        sealed_cpr=row["sealed_cpr"],
        muted=frozenset(way for way, column in _MUTED_BY.items() if row[column]),
        is_deceased=row["is_deceased"],
    )


def _wishes(stored: str | None) -> Wishes:
    return NO_WISHES if stored is None else msgspec.json.decode(stored, type=Wishes)
