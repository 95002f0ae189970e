"""SQL for favourites."""

from collections.abc import Sequence

from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.favourites.model import Favourite, FavouriteList

_LISTS = """
SELECT l.place, l.name, f.record, f.periodical_year, f.periodical_volume, f.periodical_number
  FROM favourite_list AS l
  LEFT JOIN favourite AS f ON f.agency_id = l.agency_id AND f.patron_id = l.patron_id AND f.list_place = l.place
 WHERE l.agency_id = $1 AND l.patron_id = $2
 ORDER BY l.place, f.place
"""

_FORGET = "DELETE FROM favourite_list WHERE agency_id = $1 AND patron_id = $2"

_INSERT_LISTS = """
INSERT INTO favourite_list (agency_id, patron_id, place, name)
SELECT $1, $2, l.place, l.name FROM unnest($3::text[]) WITH ORDINALITY AS l (name, place)
"""

_INSERT = """
INSERT INTO favourite (agency_id, patron_id, list_place, record, periodical_year, periodical_volume, periodical_number,
                       place)
SELECT $1, $2, f.*
  FROM unnest($3::integer[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH ORDINALITY AS f
"""


async def load(tx: Transaction, patron: PatronId) -> tuple[FavouriteList, ...]:
    names: dict[int, str] = {}
    found: dict[int, list[Favourite]] = {}
    for row in await tx.rows(_LISTS, tx.agency, patron):
        names[row["place"]] = row["name"]
        kept = found.setdefault(row["place"], [])
        if row["record"] is not None:
            kept.append(Favourite(**{field: row[field] for field in Favourite.__struct_fields__}))
    return tuple(FavouriteList(name=names[place], favourites=tuple(kept)) for place, kept in found.items())


async def replace(tx: Transaction, patron: PatronId, lists: Sequence[FavouriteList]) -> None:
    await tx.execute(_FORGET, tx.agency, patron)
    await tx.execute(_INSERT_LISTS, tx.agency, patron, [each.name for each in lists])
    kept = [(place, favourite) for place, each in enumerate(lists, 1) for favourite in each.favourites]
    columns = [[getattr(favourite, field) for _, favourite in kept] for field in Favourite.__struct_fields__]
    await tx.execute(_INSERT, tx.agency, patron, [place for place, _ in kept], *columns)
