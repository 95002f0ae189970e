"""Whether a database is this installation's: made with its keys, and not brought here from another server since."""

from collections.abc import Mapping

import asyncpg

from faelles.ground.database.transaction import Database, Row
from faelles.ground.errors import MisconfiguredError

_NOTE_MARKS = """
INSERT INTO master_key_mark (number, mark)
SELECT number, mark FROM unnest($1::integer[], $2::bytea[]) AS ours (number, mark)
ON CONFLICT DO NOTHING
"""
_MARKS = "SELECT number, mark FROM master_key_mark ORDER BY number"
_AS_OWNER = "SET ROLE faelles_owner; SET search_path = faelles, public"
_NEXT_EPOCH = "INSERT INTO event_epoch (number) SELECT current_epoch() + 1 WHERE has_events_to_come()"
_WAS_RESTORED = "SELECT has_events_to_come() AS is_so"


async def note_marks(database: Database, marks: Mapping[int, bytes]) -> None:
    """Remember the keys in use that are new to the database."""
    await database.outside_agencies(_NOTE_MARKS, list(marks), list(marks.values()))


async def check_marks(database: Database, marks: Mapping[int, bytes]) -> None:
    """Raise MisconfiguredError where the database was made with a key that is not in `marks`, or is another one there.

    With a wrong key no PIN is right and no CPR number is found: patrons would be locked out, and registered twice.
    """
    for row in await database.outside_agencies(_MARKS):
        number: int = row["number"]
        if number not in marks:
            raise MisconfiguredError("master_key_left_out", number=number)
        if row["mark"] != marks[number]:
            raise MisconfiguredError("master_key_differs", number=number)


async def check_epoch(database: Database) -> None:
    """Raise MisconfiguredError where a dump was restored and its log goes on in the old epoch: what is written now
    would stand before what its readers have read, and no notice would come of it.
    """
    [row] = await database.outside_agencies(_WAS_RESTORED)
    if row["is_so"]:
        raise MisconfiguredError("event_epoch_past")


async def begin_epoch_where_restored(owner_url: str) -> None:
    """A new epoch where `check_epoch` would ask for one, so that what comes now stands behind what was there."""
    connection: asyncpg.Connection[Row] = await asyncpg.connect(owner_url)
    try:
        await connection.execute(_AS_OWNER)
        await connection.execute(_NEXT_EPOCH)
    finally:
        await connection.close()
