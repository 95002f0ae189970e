"""SQL for addresses, interests and choices."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from faelles.ground.database.transaction import Row, Transaction
from faelles.ground.i18n import Language
from faelles.ground.ids import PatronId
from faelles.patrons.profile.model import Choices, Interest, NewInterest, OtherAddress, Way

Kind = Literal["email", "phone"]

_WAYS = """
SELECT patron_id, kind, value, takes_notices, verified_at
  FROM patron_reach
 WHERE agency_id = $1 AND patron_id = ANY ($2)
 ORDER BY patron_id, kind, place
"""

_FORGET_WAYS = "DELETE FROM patron_reach WHERE agency_id = $1 AND patron_id = $2 AND kind = $3"

_INSERT_WAYS = """
INSERT INTO patron_reach (agency_id, patron_id, kind, value, takes_notices, verified_at, place)
SELECT $1, $2, $3, w.value, w.takes_notices, w.verified_at, w.place
  FROM unnest($4::text[], $5::boolean[], $6::timestamptz[]) WITH ORDINALITY
       AS w (value, takes_notices, verified_at, place)
"""

_FORGET_WAY = "DELETE FROM patron_reach WHERE agency_id = $1 AND patron_id = $2 AND kind = $3 AND value = $4"

# The address may stand in the patron's own row alone: verified, it gets one here.
_VERIFY = """
INSERT INTO patron_reach (agency_id, patron_id, kind, value, place, verified_at)
SELECT $1, $2, 'email', $3, 0, $4
 WHERE EXISTS (SELECT FROM patron WHERE agency_id = $1 AND id = $2 AND email_key = $3)
    OR EXISTS (SELECT FROM patron_reach WHERE agency_id = $1 AND patron_id = $2 AND kind = 'email' AND value = $3)
    ON CONFLICT (agency_id, patron_id, kind, value) DO UPDATE SET verified_at = EXCLUDED.verified_at
"""

_WITH_ADDRESS = """
SELECT id FROM patron WHERE agency_id = $1 AND email_key = $2 AND merged_into_id IS NULL
UNION
SELECT r.patron_id
  FROM patron_reach AS r
  JOIN patron AS p ON p.agency_id = r.agency_id AND p.id = r.patron_id AND p.merged_into_id IS NULL
 WHERE r.agency_id = $1 AND r.kind = 'email' AND r.value = $2
"""

_CHOICES = """
SELECT patron_id, interests, takes_post, guardian_sees, contact_person, isil, protocols, tags, message,
       other_address::text AS other_address
  FROM patron_profile
 WHERE agency_id = $1 AND patron_id = ANY ($2)
"""

_SAVE_CHOICES = """
INSERT INTO patron_profile (agency_id, patron_id, interests, takes_post, guardian_sees, contact_person, isil, protocols,
                            tags, message, other_address)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb)
    ON CONFLICT (agency_id, patron_id) DO UPDATE
   SET interests = $3, takes_post = $4, guardian_sees = $5, contact_person = $6, isil = $7, protocols = $8,
       tags = $9, message = $10, other_address = $11::text::jsonb
"""

_INTERESTS = """
SELECT DISTINCT ON (code) code, name_da, name_en
  FROM interest WHERE agency_id IN (0, $1)
 ORDER BY code, agency_id DESC
"""

_SAVE_INTEREST = """
INSERT INTO interest (agency_id, code, name_da, name_en) VALUES ($1, $2, $3, $4)
    ON CONFLICT (agency_id, code) DO UPDATE SET name_da = $3, name_en = $4
"""

_FORGET_INTEREST = "DELETE FROM interest WHERE agency_id = $1 AND code = $2"


async def ways(tx: Transaction, patrons: Sequence[PatronId]) -> dict[tuple[PatronId, Kind], list[Way]]:
    """The stored addresses and numbers of `patrons`, in their order."""
    found: dict[tuple[PatronId, Kind], list[Way]] = {}
    for row in await tx.rows(_WAYS, tx.agency, list(patrons)):
        found.setdefault((PatronId(row["patron_id"]), row["kind"]), []).append(_way(row))
    return found


def _way(row: Row) -> Way:
    return Way(value=row["value"], takes_notices=row["takes_notices"], verified_at=row["verified_at"])


async def replace_ways(tx: Transaction, patron: PatronId, kind: Kind, ways: Sequence[Way]) -> None:
    await tx.execute(_FORGET_WAYS, tx.agency, patron, kind)
    await tx.execute(
        _INSERT_WAYS,
        tx.agency,
        patron,
        kind,
        [way.value for way in ways],
        [way.takes_notices for way in ways],
        [way.verified_at for way in ways],
    )


async def forget_way(tx: Transaction, patron: PatronId, kind: Kind, value: str) -> None:
    await tx.execute(_FORGET_WAY, tx.agency, patron, kind, value)


async def verify(tx: Transaction, patron: PatronId, address: str) -> bool:
    """Whether the address still is the patron's."""
    return await tx.execute(_VERIFY, tx.agency, patron, address, tx.now) > 0


async def with_address(tx: Transaction, address: str) -> list[PatronId]:
    """Who has this e-mail address, in small letters."""
    return [PatronId(row["id"]) for row in await tx.rows(_WITH_ADDRESS, tx.agency, address)]


async def choices(tx: Transaction, patrons: Sequence[PatronId]) -> dict[PatronId, Choices]:
    """Of those of `patrons` who chose anything."""
    return {
        PatronId(row["patron_id"]): Choices(
            interests=tuple(row["interests"]),
            takes_post=row["takes_post"],
            guardian_sees=row["guardian_sees"],
            contact_person=row["contact_person"],
            isil=row["isil"],
            protocols=tuple(row["protocols"]),
            tags=tuple(row["tags"]),
            message=row["message"],
            other_address=_other_address(row["other_address"]),
        )
        for row in await tx.rows(_CHOICES, tx.agency, list(patrons))
    }


def _other_address(stored: str | None) -> OtherAddress | None:
    return None if stored is None else msgspec.json.decode(stored, type=OtherAddress)


async def save_choices(tx: Transaction, patron: PatronId, choices: Choices) -> None:
    await tx.execute(
        _SAVE_CHOICES,
        tx.agency,
        patron,
        list(choices.interests),
        choices.takes_post,
        choices.guardian_sees,
        choices.contact_person,
        choices.isil,
        list(choices.protocols),
        list(choices.tags),
        choices.message,
        None if choices.other_address is None else msgspec.json.encode(choices.other_address).decode(),
    )


async def interests(tx: Transaction, language: Language) -> list[Interest]:
    """What the agency offers, the nation's included."""
    rows = await tx.rows(_INTERESTS, tx.agency)
    return [Interest(code=row["code"], name=row[f"name_{language.value}"]) for row in rows]


async def save_interest(tx: Transaction, interest: NewInterest) -> None:
    await tx.execute(_SAVE_INTEREST, tx.agency, interest.code, interest.name_da, interest.name_en)


async def forget_interest(tx: Transaction, code: str) -> bool:
    return await tx.execute(_FORGET_INTEREST, tx.agency, code) > 0
