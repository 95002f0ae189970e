"""SQL for identifiers and PINs."""

from collections.abc import Sequence

from faelles.ground.database.transaction import Row, Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import EndedWhy, Identifier

_COLUMNS = "id, patron_id, kind, lookup, sealed, valid_from, ended_at, ended_why"

_FIND = f"""
SELECT {_COLUMNS} FROM patron_identifier WHERE agency_id = $1 AND lookup = ANY ($2)
 ORDER BY ended_at DESC NULLS FIRST, id
"""

_OF_PATRONS = f"""
SELECT {_COLUMNS} FROM patron_identifier WHERE agency_id = $1 AND patron_id = ANY ($2)
 ORDER BY ended_at DESC NULLS FIRST, kind, id
"""

_INSERT = """
INSERT INTO patron_identifier (agency_id, patron_id, kind, lookup, sealed, valid_from)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id
"""

_END = """
UPDATE patron_identifier SET ended_at = $4, ended_why = $5
 WHERE agency_id = $1 AND patron_id = $2 AND id = $3 AND ended_at IS NULL
"""

_SET_PIN = "UPDATE patron SET pin_hash = $3 WHERE agency_id = $1 AND id = $2"

# One round trip whether the scan is known or not.
_PINS = """
SELECT DISTINCT p.id, p.pin_hash
  FROM patron_identifier AS i
  JOIN patron AS p ON p.agency_id = i.agency_id AND p.id = i.patron_id
 WHERE i.agency_id = $1 AND i.lookup = ANY ($2) AND i.ended_at IS NULL AND p.merged_into_id IS NULL
"""

_PIN_OF = "SELECT pin_hash FROM patron WHERE agency_id = $1 AND id = $2"


async def find(tx: Transaction, lookups: Sequence[str]) -> list[Identifier]:
    """Whatever carries, or carried, one of `lookups`; what holds now comes first."""
    return [_identifier(row) for row in await tx.rows(_FIND, tx.agency, list(lookups))]


async def of_patrons(tx: Transaction, patrons: Sequence[PatronId]) -> list[Identifier]:
    """All identifiers of `patrons`, those that hold now first."""
    return [_identifier(row) for row in await tx.rows(_OF_PATRONS, tx.agency, list(patrons))]


def _identifier(row: Row) -> Identifier:
    return Identifier(
        id=row["id"],
        patron=PatronId(row["patron_id"]),
        kind=IdentifierKind(row["kind"]),
        lookup=row["lookup"],
        sealed=row["sealed"],
        valid_from=row["valid_from"],
        ended_at=row["ended_at"],
        ended_why=EndedWhy(row["ended_why"]) if row["ended_why"] else None,
    )


async def insert(tx: Transaction, patron: PatronId, kind: IdentifierKind, *, lookup: str, sealed: bytes | None) -> int:
    return int(await tx.value(_INSERT, tx.agency, patron, kind.value, lookup, sealed, tx.now))


async def end(tx: Transaction, patron: PatronId, identifier: int, why: EndedWhy) -> bool:
    """Whether it held until now."""
    return await tx.execute(_END, tx.agency, patron, identifier, tx.now, why.value) > 0


async def set_pin(tx: Transaction, patron: PatronId, pin_hash: bytes) -> None:
    await tx.execute(_SET_PIN, tx.agency, patron, pin_hash)


async def pins(tx: Transaction, lookups: Sequence[str]) -> list[tuple[PatronId, bytes | None]]:
    """The patrons one of `lookups` stands for now, with the stored PINs."""
    return [(PatronId(row["id"]), row["pin_hash"]) for row in await tx.rows(_PINS, tx.agency, list(lookups))]


async def pin_of(tx: Transaction, patron: PatronId) -> bytes | None:
    stored: bytes | None = await tx.value(_PIN_OF, tx.agency, patron)
    return stored
