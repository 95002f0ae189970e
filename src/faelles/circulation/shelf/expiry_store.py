"""The SQL of holds that nobody collected."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from faelles.circulation.desk.facts import PatronFacts
from faelles.circulation.holds.facts import Copy, Waiting
from faelles.ground.database import Transaction
from faelles.ground.ids import BranchId, DivisionId, HoldId, ItemId, PatronGroupId, PatronId, RecordId
from faelles.ground.jsonb import as_json
from faelles.people.model import listed

_LOAD = "SELECT load_expired_hold($1, $2, $3)"
_EXPIRE = "SELECT count(*) FROM close_holds($1, ARRAY[$2::bigint], ARRAY['ready'], 'expired', $3, NULL, $4, $5)"
_CAPTURE = "SELECT capture_hold($1, $2, $3, $4::text::jsonb, $5, $6)"
_UNCOLLECTED = """
SELECT count(*)
  FROM hold_patron AS p
  JOIN hold AS h ON h.agency_id = p.agency_id AND h.id = p.hold_id
 WHERE p.agency_id = $1 AND p.patron_id = $2 AND h.state = 'expired' AND h.closed_why = $3
   AND ($4::integer[] IS NULL OR h.division_id = ANY ($4))
"""


class ExpiredHold(msgspec.Struct, frozen=True, kw_only=True):
    """What expiring one hold depends on. `patron` is None where retention, or another agency's request, knows none."""

    item: ItemId
    record: RecordId
    division: DivisionId
    patron_group: PatronGroupId | None
    pickup: BranchId
    patron: PatronFacts | None
    copy: Copy | None
    waiting: tuple[Waiting, ...]


class Expired(msgspec.Struct, frozen=True, kw_only=True):
    """`facts` is None where the hold was collected while its locks were taken."""

    hold: HoldId
    facts: ExpiredHold | None


_expired = msgspec.json.Decoder(Expired)


async def load_expired(tx: Transaction, day: date, after: int) -> Expired | None:
    """Lock and read the next hold whose deadline lay before `day`; None where there is none."""
    found: str | None = await tx.value(_LOAD, tx.agency, day, after)
    return _expired.decode(found) if found else None


async def expire(tx: Transaction, hold: HoldId, why: str) -> None:
    await tx.value(_EXPIRE, tx.agency, hold, why, tx.now, tx.actor.told)


async def capture(tx: Transaction, hold: HoldId, item: ItemId, passed: Sequence[Mapping[str, str | int]]) -> None:
    """Bind a copy to a hold whose title and copy are locked."""
    await tx.value(_CAPTURE, tx.agency, hold, item, as_json(passed), tx.now, tx.actor.told)


async def count_uncollected(
    tx: Transaction, patron: PatronId, why: str, divisions: frozenset[DivisionId] | None
) -> int:
    """How many holds the patron did not collect, in these divisions or (None) in all."""
    count: int = await tx.value(_UNCOLLECTED, tx.agency, patron, why, listed(divisions))
    return count
