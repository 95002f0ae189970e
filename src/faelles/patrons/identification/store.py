"""SQL for identifiers and PINs."""

from collections.abc import Sequence

import msgspec

from faelles.ground.database import Read
from faelles.ground.database.transaction import Transaction
from faelles.ground.ids import PatronId
from faelles.patrons.identifiers import IdentifierKind
from faelles.patrons.model import EndedWhy, Identifier

_SELECT = """
SELECT COALESCE(json_agg(json_build_object(
           'id', id, 'patron', patron_id, 'kind', kind, 'lookup', lookup,
           'sealed', translate(encode(sealed, 'base64'), E'\\n', ''),
           'valid_from', valid_from, 'ended_at', ended_at, 'ended_why', ended_why)
           ORDER BY ended_at DESC NULLS FIRST, kind, id), '[]')::text
  FROM patron_identifier
"""

_FIND = _SELECT + " WHERE agency_id = $1 AND lookup = ANY ($2)"

_OF_PATRONS = _SELECT + " WHERE agency_id = $1 AND patron_id = ANY ($2)"

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


_decode = msgspec.json.Decoder(list[Identifier]).decode


async def find(tx: Transaction, lookups: Sequence[str]) -> list[Identifier]:
    """Whatever carries, or carried, one of `lookups`; what holds now comes first."""
    return await tx.ask(found_asked_for(tx, lookups))


def found_asked_for(tx: Transaction, lookups: Sequence[str]) -> Read[list[Identifier]]:
    """As `find`, together with more that is asked."""
    return Read(_FIND, (tx.agency, list(lookups)), _decode)


async def of_patrons(tx: Transaction, patrons: Sequence[PatronId]) -> list[Identifier]:
    """All identifiers of `patrons`, those that hold now first."""
    return await tx.ask(asked_for(tx, patrons))


def asked_for(tx: Transaction, patrons: Sequence[PatronId]) -> Read[list[Identifier]]:
    """As `of_patrons`, together with more that is asked."""
    return Read(_OF_PATRONS, (tx.agency, list(patrons)), _decode)


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
