"""The SQL of records. Every statement names the agencies it reads: the nation and the transaction's own."""

from collections.abc import Sequence

import msgspec

from faelles.catalog.model import (
    NewRecord,
    Record,
    SearchField,
    TitlePosition,
)
from faelles.catalog.rules import NumberWanted
from faelles.ground.database import Transaction
from faelles.ground.database.transaction import Row
from faelles.ground.ids import RecordId

_COLUMNS = """
r.id, r.agency_id, r.identifier, r.title, r.creators, r.material_type, r.language, r.classification, r.subjects, r.year,
r.is_periodical, r.is_provisional, r.successor_id, r.version
"""

# Successors are made without circles; the depth only bounds what a damaged table could cost.
_FIND_CURRENT = f"""
WITH RECURSIVE chain AS (
    SELECT id, successor_id, 0 AS depth FROM record WHERE agency_id IN (0, $1) AND id = ANY ($2::bigint[])
    UNION ALL
    SELECT r.id, r.successor_id, c.depth + 1
      FROM chain AS c JOIN record AS r ON r.agency_id IN (0, $1) AND r.id = c.successor_id
     WHERE c.depth < 100)
SELECT {_COLUMNS}
  FROM record AS r
 WHERE r.agency_id IN (0, $1)
   AND r.id IN (SELECT id FROM chain WHERE successor_id IS NULL)
 ORDER BY r.agency_id DESC, r.id
"""

_SUCCESSORS = """
WITH RECURSIVE chain AS (
    SELECT id, successor_id, 0 AS depth FROM record WHERE agency_id IN (0, $1) AND id = $2
    UNION ALL
    SELECT r.id, r.successor_id, c.depth + 1
      FROM chain AS c JOIN record AS r ON r.agency_id IN (0, $1) AND r.id = c.successor_id
     WHERE c.depth < 100)
SELECT id FROM chain ORDER BY depth
"""

_PREDECESSORS = """
WITH RECURSIVE tree AS (
    SELECT id, 0 AS depth FROM record WHERE agency_id IN (0, $1) AND id = $2
    UNION ALL
    SELECT r.id, t.depth + 1
      FROM tree AS t JOIN record AS r ON r.agency_id IN (0, $1) AND r.successor_id = t.id
     WHERE t.depth < 100)
SELECT id FROM tree ORDER BY depth, id
"""

_FIND_RECORD = f"SELECT {_COLUMNS} FROM record AS r WHERE r.agency_id IN (0, $1) AND r.id = $2"

_LOCK_SUCCESSIONS = "SELECT pg_advisory_xact_lock(hashtextextended('record successions/' || $1::integer, 0))"
_LOCK_LOADING = "SELECT pg_advisory_xact_lock(hashtextextended('records loaded/' || $1::integer, 0))"
_DRAW_NUMBER = "SELECT nextval('record_id_seq')"

_INSERT_RECORD = f"""
INSERT INTO record AS r (agency_id, id, identifier, title, creators, material_type, language, classification, subjects,
                         year, is_periodical, is_provisional)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
RETURNING {_COLUMNS}
"""

_UPDATE_RECORD = f"""
UPDATE record AS r
   SET title = $4, creators = $5, material_type = $6, language = $7, classification = $8, subjects = $9, year = $10,
       is_periodical = $11, version = version + 1
 WHERE r.agency_id = $1 AND r.id = $2 AND r.version = $3::bigint
RETURNING {_COLUMNS}
"""

_SET_SUCCESSOR = """
UPDATE record
   SET successor_id = $3, is_provisional = false, version = version + 1
 WHERE agency_id = $1 AND id = $2
"""

_UPSERT_RECORDS = """
INSERT INTO record AS r (agency_id, identifier, title, creators, material_type, language, classification, subjects,
                         year, is_periodical)
SELECT $1, n.identifier, n.title, n.creators, n.material_type, n.language, n.classification, n.subjects, n.year,
       n.is_periodical
  FROM json_to_recordset($2::json) AS n (
           identifier text, title text, creators text[], material_type text, language text, classification text,
           subjects text[], year integer, is_periodical boolean)
ON CONFLICT (agency_id, identifier) DO UPDATE
   SET title = excluded.title, creators = excluded.creators, material_type = excluded.material_type,
       language = excluded.language, classification = excluded.classification, subjects = excluded.subjects,
       year = excluded.year, is_periodical = excluded.is_periodical, is_provisional = false, version = r.version + 1
 WHERE (r.title, r.creators, r.material_type, r.language, r.classification, r.subjects, r.year, r.is_periodical,
        r.is_provisional)
       IS DISTINCT FROM
       (excluded.title, excluded.creators, excluded.material_type, excluded.language, excluded.classification,
        excluded.subjects, excluded.year, excluded.is_periodical, false)
RETURNING r.version = 1 AS is_new
"""

_ADD_ISBNS_BY_IDENTIFIER = """
INSERT INTO record_isbn (agency_id, isbn, record_id)
SELECT DISTINCT $1::integer, isbn, r.id
  FROM json_to_recordset($2::json) AS n (identifier text, isbns text[])
  JOIN record AS r ON r.agency_id = $1 AND r.identifier = n.identifier
 CROSS JOIN unnest(n.isbns) AS isbn
    ON CONFLICT DO NOTHING
"""


_FIND_NUMBERED = """
SELECT id FROM record WHERE agency_id IN (0, $1) AND identifier = ANY ($2::text[])
UNION
SELECT record_id FROM record_alias WHERE agency_id IN (0, $1) AND alias = ANY ($2::text[])
UNION
SELECT record_id FROM record_isbn WHERE agency_id IN (0, $1) AND isbn = $3
LIMIT 100
"""

_SEARCH_WORDS = f"""
SELECT {_COLUMNS}
  FROM records_matching($2, $3, $4, $5) AS found
  JOIN record AS r ON r.id = found.record_id
 WHERE r.agency_id IN (0, $1)
 ORDER BY found.place
"""

# Everything that begins so lies between the beginning and the beginning with the last of all characters behind it.
_TITLES_BEGINNING = f"""
SELECT {_COLUMNS}, r.sort_title
  FROM (
    (SELECT n.* FROM record AS n
      WHERE n.agency_id = 0
        AND (n.sort_title, n.id) > (greatest($3, danish_sort_key($2)), $4)
        AND n.sort_title < danish_sort_key($2) || $6 AND n.successor_id IS NULL
      ORDER BY n.sort_title, n.id LIMIT $5)
    UNION ALL
    (SELECT o.* FROM record AS o
      WHERE o.agency_id = $1 AND $1 <> 0
        AND (o.sort_title, o.id) > (greatest($3, danish_sort_key($2)), $4)
        AND o.sort_title < danish_sort_key($2) || $6 AND o.successor_id IS NULL
      ORDER BY o.sort_title, o.id LIMIT $5)) AS r
 ORDER BY r.sort_title, r.id
 LIMIT $5
"""
_LAST_CHARACTER = "\U0010ffff"


async def find_record(tx: Transaction, record: RecordId) -> Record | None:
    """The record itself, replaced or not."""
    row = await tx.row(_FIND_RECORD, tx.agency, record)
    return None if row is None else _record(row)


async def find_current(tx: Transaction, records: Sequence[RecordId]) -> list[Record]:
    """The records that now stand in the place of `records`; the agency's own first."""
    return [_record(row) for row in await tx.rows(_FIND_CURRENT, tx.agency, records)]


async def successors(tx: Transaction, record: RecordId) -> list[RecordId]:
    """`record` and whatever following successors from it comes by."""
    return [row["id"] for row in await tx.rows(_SUCCESSORS, tx.agency, record)]


async def predecessors(tx: Transaction, record: RecordId) -> list[RecordId]:
    """`record` and all the records whose place it took."""
    return [row["id"] for row in await tx.rows(_PREDECESSORS, tx.agency, record)]


async def find_numbered(tx: Transaction, wanted: NumberWanted) -> list[RecordId]:
    rows = await tx.rows(_FIND_NUMBERED, tx.agency, wanted.names, wanted.isbn)
    return [row["id"] for row in rows]


async def search_words(tx: Transaction, words: str, field: SearchField, *, most: int, skip: int) -> list[Record]:
    rows = await tx.rows(_SEARCH_WORDS, tx.agency, words, field.value, most, skip)
    return [_record(row) for row in rows]


async def titles_beginning(
    tx: Transaction, beginning: str, after: TitlePosition | None, most: int
) -> list[tuple[Record, TitlePosition]]:
    start = after or TitlePosition("", RecordId(0))
    rows = await tx.rows(_TITLES_BEGINNING, tx.agency, beginning, start.sort_title, start.record, most, _LAST_CHARACTER)
    return [(_record(row), TitlePosition(row["sort_title"], row["id"])) for row in rows]


async def draw_number(tx: Transaction) -> RecordId:
    """A record id nobody else will get."""
    return RecordId(await tx.value(_DRAW_NUMBER))


async def insert_record(
    tx: Transaction, record: RecordId, identifier: str, new: NewRecord, *, is_provisional: bool
) -> Record:
    row = await tx.row(
        _INSERT_RECORD,
        tx.agency,
        record,
        identifier,
        new.title,
        new.creators,
        new.material_type,
        new.language,
        new.classification,
        new.subjects,
        new.year,
        new.is_periodical,
        is_provisional,
    )
    if row is None:
        raise LookupError("an insert without a conflict clause returns its row")
    return _record(row)


async def update_record(tx: Transaction, changed: Record) -> Record | None:
    """Write `changed` over the version it was made from; None when that is no longer the one that stands."""
    row = await tx.row(
        _UPDATE_RECORD,
        tx.agency,
        changed.id,
        changed.version,
        changed.title,
        changed.creators,
        changed.material_type,
        changed.language,
        changed.classification,
        changed.subjects,
        changed.year,
        changed.is_periodical,
    )
    return None if row is None else _record(row)


async def upsert_records(tx: Transaction, batch: Sequence[NewRecord]) -> tuple[int, int]:
    """Write a batch in which no identifier stands twice; how many were new, and how many changed."""
    text = msgspec.json.encode(batch).decode()
    rows = await tx.rows(_UPSERT_RECORDS, tx.agency, text)
    await tx.execute(_ADD_ISBNS_BY_IDENTIFIER, tx.agency, text)
    added = sum(row["is_new"] for row in rows)
    return added, len(rows) - added


async def lock_successions(tx: Transaction) -> None:
    """One succession at a time in an agency: a circle of several could be closed by nobody in particular."""
    await tx.execute(_LOCK_SUCCESSIONS, tx.agency)


async def lock_loading(tx: Transaction) -> None:
    await tx.execute(_LOCK_LOADING, tx.agency)


async def set_successor(tx: Transaction, record: RecordId, successor: RecordId) -> None:
    await tx.execute(_SET_SUCCESSOR, tx.agency, record, successor)


def _record(row: Row) -> Record:
    return Record(
        id=row["id"],
        agency=row["agency_id"],
        identifier=row["identifier"],
        title=row["title"],
        creators=tuple(row["creators"]),
        material_type=row["material_type"],
        language=row["language"],
        classification=row["classification"],
        subjects=tuple(row["subjects"]),
        year=row["year"],
        is_periodical=row["is_periodical"],
        is_provisional=row["is_provisional"],
        successor=row["successor_id"],
        version=row["version"],
    )
