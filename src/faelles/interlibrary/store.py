"""All SQL of interlibrary requests."""

from collections.abc import Sequence

import msgspec

from faelles.ground.database import Read, Row, Transaction
from faelles.ground.ids import BranchId, DivisionId, HoldId, ItemId, LoanId, PatronId, RecordId
from faelles.interlibrary.model import Adapter, Awaited, Direction, Request, SetPartner, State, Wanted

_COLUMNS = """
SELECT r.id, r.direction, r.patron_id, r.division_id, r.branch_id, r.record_id, r.title, r.creator, r.publication_year,
       r.identifier, r.periodical_year, r.periodical_volume, r.periodical_number, r.note, r.partner_isil, r.item_id,
       r.loan_id, r.hold_id, r.denied_why, r.requested_at, r.changed_at,
       CASE WHEN r.state = 'lent'
             AND NOT EXISTS (SELECT FROM open_loan AS l WHERE l.agency_id = r.agency_id AND l.loan_id = r.loan_id)
            THEN 'returned' ELSE r.state END AS state
  FROM interlibrary_request AS r
"""

_FIND = _COLUMNS + " WHERE r.agency_id = $1 AND r.id = $2"

_MOVE_PATRON = "UPDATE interlibrary_request SET patron_id = $3 WHERE agency_id = $1 AND patron_id = $2"
_LOCK = "SELECT id FROM interlibrary_request WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE"

_OF_PATRON = _COLUMNS + " WHERE r.agency_id = $1 AND r.patron_id = $2 AND r.id > $3 ORDER BY r.id LIMIT $4"

_OPEN = (
    _COLUMNS
    + """
 WHERE r.agency_id = $1 AND r.state NOT IN ('closed', 'denied', 'cancelled') AND r.id > $3
   AND ($2::integer[] IS NULL OR r.division_id = ANY ($2))
 ORDER BY r.id
 LIMIT $4
"""
)

# Few await anything: the list is made ready for those alone.
_AWAITED = """
SELECT CASE WHEN EXISTS (SELECT FROM interlibrary_request AS r WHERE r.agency_id = $1 AND r.patron_id = $2)
            THEN awaited_requests($1, $2, $3::integer[]) ELSE '[]' END::text
"""

# What circulation did with the other libraries' copies: lent to whoever asked for it, and taken back.
_LENT_OF_RECEIVED = """
SELECT r.id, l.loan_id
  FROM loan_directory AS l
  JOIN interlibrary_request AS r ON r.agency_id = l.agency_id AND r.item_id = l.item_id AND r.state = 'received'
  JOIN loan_party AS o ON o.agency_id = l.agency_id AND o.loan_id = l.loan_id AND o.patron_id = r.patron_id
                      AND o.role = 'primary'
 WHERE l.agency_id = $1 AND l.loan_id = ANY ($2::bigint[]) AND l.item_agency_id = $1
 ORDER BY r.id
"""
_RETURNED_OF_LENT = """
SELECT id FROM interlibrary_request WHERE agency_id = $1 AND loan_id = ANY ($2::bigint[]) AND state = 'lent' ORDER BY id
"""

_INSERT = """
INSERT INTO interlibrary_request (agency_id, direction, patron_id, division_id, branch_id, record_id, title, creator,
                                  publication_year, identifier, periodical_year, periodical_volume, periodical_number,
                                  note, partner_isil, end_user, hold_id, requested_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
RETURNING id
"""

_MOVE = """
UPDATE interlibrary_request
   SET state = $3, changed_at = $4, partner_isil = COALESCE($5, partner_isil), item_id = COALESCE($6, item_id),
       loan_id = COALESCE($7, loan_id), record_id = COALESCE($8, record_id), denied_why = $9
 WHERE agency_id = $1 AND id = $2
"""

_LIBRARIES = """
SELECT patron_id FROM patron_library WHERE agency_id = $1 AND isil = $2 ORDER BY patron_id
"""

_PARTNER = "SELECT adapter, address FROM interlibrary_partner WHERE agency_id = $1"

_SAVE_PARTNER = """
INSERT INTO interlibrary_partner (agency_id, adapter, address, set_at, set_by) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (agency_id) DO UPDATE SET adapter = $2, address = $3, set_at = $4, set_by = $5
"""


_decode_awaited = msgspec.json.Decoder(list[Awaited]).decode


async def find(tx: Transaction, request: int) -> Request | None:
    row = await tx.row(_FIND, tx.agency, request)
    return _request(row) if row else None


async def lock(tx: Transaction, request: int) -> None:
    await tx.rows(_LOCK, tx.agency, request)


async def of_patron(tx: Transaction, patron: PatronId, *, after: int, limit: int) -> list[Request]:
    return [_request(row) for row in await tx.rows(_OF_PATRON, tx.agency, patron, after, limit)]


def awaited(tx: Transaction, patron: PatronId, divisions: list[DivisionId] | None) -> Read[list[Awaited]]:
    return Read(_AWAITED, (tx.agency, patron, divisions), _decode_awaited)


async def open_requests(
    tx: Transaction, divisions: list[DivisionId] | None, *, after: int, limit: int
) -> list[Request]:
    return [_request(row) for row in await tx.rows(_OPEN, tx.agency, divisions, after, limit)]


def _request(row: Row) -> Request:
    wanted = {name: row[name] for name in Wanted.__struct_fields__ if name != "record"}
    return Request(
        id=row["id"],
        direction=Direction(row["direction"]),
        patron=PatronId(row["patron_id"]),
        division=DivisionId(row["division_id"]),
        branch=BranchId(row["branch_id"]),
        wanted=Wanted(record=row["record_id"], **wanted),
        note=row["note"],
        state=State(row["state"]),
        partner_isil=row["partner_isil"],
        record=row["record_id"],
        item=row["item_id"],
        loan=row["loan_id"],
        hold=row["hold_id"],
        denied_why=row["denied_why"],
        requested_at=row["requested_at"],
        changed_at=row["changed_at"],
    )


async def insert(
    tx: Transaction,
    direction: Direction,
    patron: PatronId,
    wanted: Wanted,
    *,
    division: DivisionId,
    branch: BranchId,
    note: str | None = None,
    partner: str | None = None,
    end_user: bytes | None = None,
    hold: HoldId | None = None,
) -> int:
    return int(
        await tx.value(
            _INSERT,
            tx.agency,
            direction.value,
            patron,
            division,
            branch,
            wanted.record,
            wanted.title,
            wanted.creator,
            wanted.publication_year,
            wanted.identifier,
            wanted.periodical_year,
            wanted.periodical_volume,
            wanted.periodical_number,
            note,
            partner,
            end_user,
            hold,
            tx.now,
        )
    )


async def move(
    tx: Transaction,
    request: int,
    state: State,
    *,
    partner: str | None = None,
    item: ItemId | None = None,
    loan: LoanId | None = None,
    record: RecordId | None = None,
    why: str | None = None,
) -> None:
    await tx.execute(_MOVE, tx.agency, request, state.value, tx.now, partner, item, loan, record, why)


async def move_patron(tx: Transaction, source: PatronId, target: PatronId) -> None:
    await tx.execute(_MOVE_PATRON, tx.agency, source, target)


async def lent_of_received(tx: Transaction, loans: Sequence[LoanId]) -> list[tuple[int, LoanId]]:
    """The requests that these loans fill, each with its loan."""
    return [(row["id"], LoanId(row["loan_id"])) for row in await tx.rows(_LENT_OF_RECEIVED, tx.agency, list(loans))]


async def returned_of_lent(tx: Transaction, loans: Sequence[LoanId]) -> list[int]:
    """The requests whose copy was on one of these loans."""
    return [row["id"] for row in await tx.rows(_RETURNED_OF_LENT, tx.agency, list(loans))]


async def libraries(tx: Transaction, isil: str) -> list[PatronId]:
    """The patrons that are the library with this ISIL."""
    return [PatronId(row["patron_id"]) for row in await tx.rows(_LIBRARIES, tx.agency, isil)]


async def partner(tx: Transaction) -> tuple[Adapter, str | None] | None:
    row = await tx.row(_PARTNER, tx.agency)
    return None if row is None else (Adapter(row["adapter"]), row["address"])


async def save_partner(tx: Transaction, request: SetPartner) -> None:
    await tx.execute(_SAVE_PARTNER, tx.agency, request.adapter.value, request.address, tx.now, str(tx.actor))
