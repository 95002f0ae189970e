"""SQL for finding patrons."""

from collections.abc import Sequence
from datetime import date

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import DivisionId, PatronGroupId, PatronId
from faelles.patrons.reach import Divisions
from faelles.people.model import listed

_POSITION = "SELECT sort_name FROM patron WHERE agency_id = $1 AND id = $2"

_NAMED = """
SELECT id
  FROM patrons_named(name_pattern($1), ARRAY(SELECT name_pattern(part) FROM unnest($2::text[]) AS part), $3::date,
                     $4::integer[], $5, $6, $7) AS id
"""

_BORN = """
SELECT p.id
  FROM patron AS p
 WHERE p.agency_id = $1 AND p.birth_date = $2 AND p.merged_into_id IS NULL AND (p.sort_name, p.id) > ($4, $5)
   AND ($3::integer[] IS NULL
        OR EXISTS (SELECT FROM patron_division AS d
                    WHERE d.agency_id = $1 AND d.patron_id = p.id AND d.division_id = ANY ($3)))
 ORDER BY p.sort_name, p.id
 LIMIT $6
"""

_MEMBERS = """
SELECT patron_group_id, count(DISTINCT patron_id) AS members
  FROM membership
 WHERE agency_id = $1 AND division_id = $2 AND valid @> $3::date
 GROUP BY patron_group_id
"""

_MERGED_INTO = "SELECT id FROM patron WHERE agency_id = $1 AND merged_into_id = $2"


async def named(
    tx: Transaction,
    words: Sequence[str],
    born: date | None,
    divisions: Divisions,
    *,
    after: PatronId | None,
    limit: int,
) -> list[PatronId]:
    """Patrons with every one of `words` somewhere in the name, in the order of names. The longest word is the one
    that the index is asked for.
    """
    longest, *others = sorted(words, key=len, reverse=True)
    position = await _position(tx, after)
    rows = await tx.rows(_NAMED, longest, others, born, listed(divisions), *position, limit)
    return [PatronId(row["id"]) for row in rows]


async def born_on(
    tx: Transaction, born: date, divisions: Divisions, *, after: PatronId | None, limit: int
) -> list[PatronId]:
    rows = await tx.rows(_BORN, tx.agency, born, listed(divisions), *await _position(tx, after), limit)
    return [PatronId(row["id"]) for row in rows]


async def _position(tx: Transaction, after: PatronId | None) -> tuple[str, int]:
    """Where a list goes on: names stay out of the cursor."""
    if after is None:
        return "", 0
    name: str | None = await tx.value(_POSITION, tx.agency, after)
    return name or "", after


async def merged_into(tx: Transaction, patron: PatronId) -> list[PatronId]:
    """The temporary patrons that became this one."""
    return [PatronId(row["id"]) for row in await tx.rows(_MERGED_INTO, tx.agency, patron)]


async def members(tx: Transaction, division: DivisionId, day: date) -> dict[PatronGroupId, int]:
    """How many belong to each group of a division on a day."""
    rows = await tx.rows(_MEMBERS, tx.agency, division, day)
    return {row["patron_group_id"]: row["members"] for row in rows}
