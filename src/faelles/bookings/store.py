"""The SQL of bookings themselves; what is kept for them is in `keeping_store`."""

from collections.abc import Sequence
from datetime import date

from faelles.bookings.model import BookedPeriod, Booking, BookingState, NewBooking
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import BranchId, DivisionId, LoanId, PatronId, RecordId

_LOCK_TITLE = "SELECT pg_advisory_xact_lock(title_lock($1, $2))"

_COLUMNS = """
SELECT b.id, b.patron_id, b.record_id, b.division_id, b.from_branch_id, b.delivery_branch_id, b.patron_group_id,
       b.first_day, b.last_day, b.wanted, b.minimum, b.forwards, b.note, b.booked_at,
       CASE WHEN b.state = 'lent'
             AND NOT EXISTS (SELECT FROM booking_item AS i JOIN open_loan AS l
                                 ON l.agency_id = i.agency_id AND l.loan_id = i.loan_id
                              WHERE i.agency_id = b.agency_id AND i.booking_id = b.id)
            THEN 'closed' ELSE b.state END AS state,
       (SELECT count(*) FROM booking_item AS i WHERE i.agency_id = b.agency_id AND i.booking_id = b.id) AS copies,
       (SELECT COALESCE(sum(s.quantity), 0) FROM booking_stock AS s
         WHERE s.agency_id = b.agency_id AND s.booking_id = b.id) AS stocked,
       ARRAY(SELECT i.loan_id FROM booking_item AS i
              WHERE i.agency_id = b.agency_id AND i.booking_id = b.id AND i.loan_id IS NOT NULL
              ORDER BY i.loan_id) AS loans
  FROM booking AS b
"""

_FIND = _COLUMNS + " WHERE b.agency_id = $1 AND b.id = ANY ($2::bigint[]) ORDER BY b.id"

_OF_PATRON = (
    _COLUMNS
    + """
 WHERE b.agency_id = $1 AND b.patron_id = $2 AND b.state <> 'cancelled' AND b.id > $3
   AND ($4::integer[] IS NULL OR b.division_id = ANY ($4))
 ORDER BY b.id
 LIMIT $5
"""
)

_MOVE_PATRON = "UPDATE booking SET patron_id = $3, version = version + 1 WHERE agency_id = $1 AND patron_id = $2"
_LOCK = "SELECT id FROM booking WHERE agency_id = $1 AND id = ANY ($2::bigint[]) ORDER BY id FOR NO KEY UPDATE"


_INSERT = """
INSERT INTO booking (agency_id, patron_id, record_id, division_id, from_branch_id, delivery_branch_id, patron_group_id,
                     first_day, last_day, wanted, minimum, forwards, note, booked_at, booked_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
RETURNING id
"""

_UPDATE = """
UPDATE booking
   SET delivery_branch_id = $3, first_day = $4, last_day = $5, wanted = $6, minimum = $7, forwards = $8, note = $9,
       version = version + 1
 WHERE agency_id = $1 AND id = $2
"""


_SET_STATE = "UPDATE booking SET state = $3, version = version + 1 WHERE agency_id = $1 AND id = $2"


_COPIES_BY_BRANCH = """
SELECT branch_id, sum(copies) AS copies
  FROM (SELECT c.owner_branch_id AS branch_id, count(*) AS copies
          FROM copy AS c
         WHERE c.agency_id = $1 AND c.record_id = $2 AND c.kind = 'item' AND c.withdrawn_at IS NULL
           AND c.not_for_loan IS NULL
         GROUP BY c.owner_branch_id
         UNION ALL
        SELECT p.branch_id, sum(s.quantity)
          FROM counted_stock AS s
          JOIN placement_directory AS p ON p.agency_id = s.agency_id AND p.placement_id = s.placement_id
         WHERE s.agency_id = $1 AND s.record_id = $2
         GROUP BY p.branch_id) AS each
 GROUP BY branch_id
 ORDER BY branch_id
"""

_TAKEN = """
SELECT from_branch_id, first_day, last_day, wanted
  FROM booking
 WHERE agency_id = $1 AND record_id = $2 AND state <> 'cancelled' AND last_day >= $3
 ORDER BY from_branch_id, first_day, id
"""


async def lock_title(tx: Transaction, record: RecordId) -> None:
    """Take the title's lock: whoever books or decides about its queue waits."""
    await tx.execute(_LOCK_TITLE, tx.agency, record)


async def move_patron(tx: Transaction, source: PatronId, target: PatronId) -> None:
    await tx.execute(_MOVE_PATRON, tx.agency, source, target)


async def find(tx: Transaction, bookings: Sequence[int]) -> list[Booking]:
    return [_booking(row) for row in await tx.rows(_FIND, tx.agency, list(bookings))]


async def lock(tx: Transaction, bookings: Sequence[int]) -> None:
    await tx.rows(_LOCK, tx.agency, list(bookings))


async def of_patron(
    tx: Transaction, patron: PatronId, divisions: list[DivisionId] | None, *, after: int, limit: int
) -> list[Booking]:
    """All but the cancelled ones, in the order of their ids."""
    return [_booking(row) for row in await tx.rows(_OF_PATRON, tx.agency, patron, after, divisions, limit)]


def _booking(row: Row) -> Booking:
    return Booking(
        id=row["id"],
        patron=PatronId(row["patron_id"]),
        record=RecordId(row["record_id"]),
        division=DivisionId(row["division_id"]),
        from_branch=BranchId(row["from_branch_id"]),
        delivery_branch=BranchId(row["delivery_branch_id"]),
        patron_group=row["patron_group_id"],
        first_day=row["first_day"],
        last_day=row["last_day"],
        wanted=row["wanted"],
        minimum=row["minimum"],
        forwards=row["forwards"],
        note=row["note"],
        state=BookingState(row["state"]),
        copies=row["copies"],
        stocked=int(row["stocked"]),
        loans=tuple(LoanId(loan) for loan in row["loans"]),
        booked_at=row["booked_at"],
    )


async def insert(tx: Transaction, patron: PatronId, division: DivisionId, wish: NewBooking) -> int:
    return int(
        await tx.value(
            _INSERT,
            tx.agency,
            patron,
            wish.record,
            division,
            wish.from_branch,
            wish.delivery_branch,
            wish.patron_group,
            wish.first_day,
            wish.last_day,
            wish.wanted,
            wish.minimum,
            wish.forwards,
            wish.note,
            tx.now,
            str(tx.actor),
        )
    )


async def update(tx: Transaction, booking: int, wish: NewBooking) -> None:
    await tx.execute(
        _UPDATE,
        tx.agency,
        booking,
        wish.delivery_branch,
        wish.first_day,
        wish.last_day,
        wish.wanted,
        wish.minimum,
        wish.forwards,
        wish.note,
    )


async def set_state(tx: Transaction, booking: int, state: BookingState) -> None:
    await tx.execute(_SET_STATE, tx.agency, booking, state.value)


async def copies_by_branch(tx: Transaction, record: RecordId) -> dict[BranchId, int]:
    rows = await tx.rows(_COPIES_BY_BRANCH, tx.agency, record)
    return {row["branch_id"]: int(row["copies"]) for row in rows}


async def taken(tx: Transaction, record: RecordId, today: date) -> dict[BranchId, list[BookedPeriod]]:
    """The periods that are booked, those over before `today` apart."""
    found: dict[BranchId, list[BookedPeriod]] = {}
    for row in await tx.rows(_TAKEN, tx.agency, record, today):
        period = BookedPeriod(first_day=row["first_day"], last_day=row["last_day"], wanted=row["wanted"])
        found.setdefault(row["from_branch_id"], []).append(period)
    return found
