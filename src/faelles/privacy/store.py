"""SQL over what all rooms keep of people, in the one shape in which they show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from faelles.ground.database import Transaction
from faelles.ground.ids import PatronId

_KEPT = """(
    SELECT * FROM kept_by_ground UNION ALL SELECT * FROM kept_by_people UNION ALL
    SELECT * FROM kept_by_people_sign_in UNION ALL SELECT * FROM kept_by_patrons
    UNION ALL SELECT * FROM kept_by_patrons_services
    UNION ALL SELECT * FROM kept_by_circulation UNION ALL SELECT * FROM kept_by_fees
    UNION ALL SELECT * FROM kept_by_notices UNION ALL SELECT * FROM kept_by_bookings
    UNION ALL SELECT * FROM kept_by_interlibrary UNION ALL SELECT * FROM kept_by_privacy) AS kept
"""
_STANDING = f"""
SELECT count(*) AS rows, min(counted_from) AS oldest, count(*) FILTER (WHERE counted_from < $3) AS over
  FROM {_KEPT}
 WHERE agency_id = $1 AND entry = $2
"""
_OF_PERSON = f"""
SELECT part, content::text AS content
  FROM {_KEPT}
 WHERE agency_id = $1 AND entry = $2 AND person_id = ANY ($3::bigint[])
 ORDER BY part
"""
_TIES = """
SELECT why FROM patron_tie WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[])
 UNION
SELECT why FROM booking_tie WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[])
 UNION
SELECT why FROM interlibrary_tie WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[])
"""
_ZONE = "SELECT time_zone FROM agency_directory WHERE agency_id = $1"


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is of an entry."""

    rows: int
    oldest: datetime | None
    over: int


NOTHING = Stock(0, None, 0)


@dataclass(frozen=True, slots=True)
class Piece:
    """One row about a person, without its secrets: from which table, and what it says."""

    part: str
    content: dict[str, Any]


async def standing(tx: Transaction, entry: str, since: datetime | None) -> Stock:
    """`since` None: nothing is over."""
    row = await tx.row(_STANDING, tx.agency, entry, since)
    return NOTHING if row is None else Stock(row["rows"], row["oldest"], row["over"])


async def of_person(tx: Transaction, entry: str, persons: Sequence[PatronId]) -> list[Piece]:
    return [
        Piece(row["part"], msgspec.json.decode(row["content"]))
        for row in await tx.rows(_OF_PERSON, tx.agency, entry, list(persons))
    ]


async def ties(tx: Transaction, persons: Sequence[PatronId]) -> list[str]:
    """Why these patrons cannot simply go."""
    return [row["why"] for row in await tx.rows(_TIES, tx.agency, list(persons))]


async def time_zone(tx: Transaction) -> str:
    zone: str = await tx.value(_ZONE, tx.agency)
    return zone
