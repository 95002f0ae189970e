"""SQL over what all rooms keep of people, in the one shape in which they show it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
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
# Each in one statement for all entries: making ready what reads every table takes longer than most of the reading.
_STANDING = f"""
SELECT kept.entry, count(*) AS rows, min(kept.counted_from) AS oldest,
       count(*) FILTER (WHERE kept.counted_from < asked.since) AS over
  FROM {_KEPT}
  JOIN unnest($2::text[], $3::timestamptz[]) AS asked (entry, since) ON asked.entry = kept.entry
 WHERE kept.agency_id = $1
 GROUP BY kept.entry
"""
_OF_PERSON = f"""
SELECT entry, part, content::text AS content
  FROM {_KEPT}
 WHERE agency_id = $1 AND person_id = ANY ($2::bigint[])
 ORDER BY part
"""
_TIES = """
SELECT why FROM patron_tie WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[])
 UNION
SELECT why FROM booking_tie WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[])
 UNION
SELECT why FROM interlibrary_tie WHERE agency_id = $1 AND patron_id = ANY ($2::bigint[])
"""


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


async def standing(tx: Transaction, since: Mapping[str, datetime | None]) -> dict[str, Stock]:
    """By entry, for those in `since` of which there is anything; None: nothing of it is over."""
    rows = await tx.rows(_STANDING, tx.agency, list(since), list(since.values()))
    return {row["entry"]: Stock(row["rows"], row["oldest"], row["over"]) for row in rows}


async def of_person(tx: Transaction, persons: Sequence[PatronId]) -> dict[str, list[Piece]]:
    """By entry; those with nothing of the person are left out."""
    pieces = defaultdict[str, list[Piece]](list)
    for row in await tx.rows(_OF_PERSON, tx.agency, list(persons)):
        pieces[row["entry"]].append(Piece(row["part"], msgspec.json.decode(row["content"])))
    return pieces


async def ties(tx: Transaction, persons: Sequence[PatronId]) -> list[str]:
    """Why these patrons cannot simply go."""
    return [row["why"] for row in await tx.rows(_TIES, tx.agency, list(persons))]
