"""All SQL of bookings."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import asyncpg

from faelles.bookings.model import BookableCopy, BookedPeriod, Booking, BookingState, NewBooking, ToPack
from faelles.ground.database import Row, Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import BranchId, DivisionId, ItemId, LoanId, PatronId, RecordId

Days = tuple[date, date]
"""The first and the last."""

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

# Not what is out until then, is bound for somebody who waits and would be lent until then, or is booked already.
_FREE_COPIES = """
SELECT c.item_id, w.placement_id, c.material_group_id
  FROM copy AS c
  JOIN copy_whereabouts AS w ON w.agency_id = c.agency_id AND w.item_id = c.item_id
 WHERE c.agency_id = $1 AND c.record_id = $2 AND c.owner_branch_id = $3 AND c.kind = 'item'
   AND c.withdrawn_at IS NULL AND c.not_for_loan IS NULL AND c.condition IN ('good', 'worn')
   AND w.state NOT IN ('lost', 'missing', 'claimed_returned')
   AND (w.due_on IS NULL OR w.due_on < $4)
   AND ($4 > $7 OR NOT EXISTS (SELECT FROM bound_copy AS h WHERE h.agency_id = $1 AND h.item_id = c.item_id))
   AND NOT EXISTS (SELECT FROM booking_item AS i
                    WHERE i.agency_id = $1 AND i.item_id = c.item_id AND i.busy && daterange($4, $5, '[]')
                      AND i.booking_id <> $6)
 ORDER BY c.item_id
"""

_FREE_STOCK = """
SELECT s.stock_id, s.quantity - COALESCE((SELECT sum(b.quantity) FROM booking_stock AS b
                                           WHERE b.agency_id = $1 AND b.stock_id = s.stock_id
                                             AND b.busy && daterange($4, $5, '[]') AND b.booking_id <> $6), 0) AS free
  FROM counted_stock AS s
  JOIN placement_directory AS p ON p.agency_id = s.agency_id AND p.placement_id = s.placement_id
 WHERE s.agency_id = $1 AND s.record_id = $2 AND p.branch_id = $3
 ORDER BY s.stock_id
"""

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

_KEEP_COPIES = """
INSERT INTO booking_item (agency_id, booking_id, item_id, busy)
SELECT $1, $2, item, daterange($4, $5, '[]') FROM unnest($3::bigint[]) AS item
"""

_KEEP_STOCK = """
INSERT INTO booking_stock (agency_id, booking_id, stock_id, quantity, busy)
SELECT $1, $2, k.stock, k.quantity, daterange($5, $6, '[]')
  FROM unnest($3::integer[], $4::integer[]) AS k (stock, quantity)
"""

_RELEASE_COPIES = """
DELETE FROM booking_item WHERE agency_id = $1 AND booking_id = $2 AND loan_id IS NULL RETURNING item_id
"""
_RELEASE_STOCK = "DELETE FROM booking_stock WHERE agency_id = $1 AND booking_id = $2"
_SET_STATE = "UPDATE booking SET state = $3, version = version + 1 WHERE agency_id = $1 AND id = $2"
_SET_LOAN = "UPDATE booking_item SET loan_id = $4 WHERE agency_id = $1 AND booking_id = $2 AND item_id = $3"

# Of the loans in $2 those of a copy that is booked by whoever answers for the loan, for the days it is lent in.
_LENT_OF_BOOKED = """
SELECT i.booking_id, i.item_id, l.loan_id
  FROM loan_directory AS l
  JOIN loan_party AS o ON o.agency_id = l.agency_id AND o.loan_id = l.loan_id AND o.role = 'primary'
  JOIN booking_item AS i ON i.agency_id = l.agency_id AND i.item_id = l.item_id AND i.loan_id IS NULL
  JOIN booking AS b ON b.agency_id = i.agency_id AND b.id = i.booking_id AND b.patron_id = o.patron_id
 WHERE l.agency_id = $1 AND l.loan_id = ANY ($2::bigint[]) AND l.item_agency_id = $1
   AND l.lent_on <= b.last_day AND lower(i.busy) <= COALESCE(l.closed_on, l.due_on)
 ORDER BY i.booking_id, i.item_id
"""

_KEPT = """
SELECT i.item_id, c.number
  FROM booking_item AS i
  JOIN copy AS c ON c.agency_id = i.agency_id AND c.item_id = i.item_id
 WHERE i.agency_id = $1 AND i.booking_id = $2 AND i.loan_id IS NULL
 ORDER BY c.number
"""

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

_TO_PACK = """
SELECT b.id, b.first_day, b.delivery_branch_id, c.item_id, c.number, w.placement_id, t.title
  FROM booking AS b
  JOIN booking_item AS i ON i.agency_id = b.agency_id AND i.booking_id = b.id AND i.loan_id IS NULL
  JOIN copy AS c ON c.agency_id = i.agency_id AND c.item_id = i.item_id
  JOIN copy_whereabouts AS w ON w.agency_id = i.agency_id AND w.item_id = i.item_id
  JOIN title AS t ON t.record_id = b.record_id
 WHERE b.agency_id = $1 AND b.from_branch_id = $2 AND b.state = 'booked' AND lower(i.busy) <= $3
 ORDER BY b.first_day, b.id, c.number
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
    tx: Transaction, patron: PatronId, divisions: Sequence[DivisionId] | None, *, after: int, limit: int
) -> list[Booking]:
    """All but the cancelled ones, in the order of their ids."""
    listed = None if divisions is None else list(divisions)
    return [_booking(row) for row in await tx.rows(_OF_PATRON, tx.agency, patron, after, listed, limit)]


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


async def free_copies(
    tx: Transaction, wish: NewBooking, busy: Days, *, booking: int, bound_until: date
) -> list[BookableCopy]:
    """Numbered copies of the branch that nothing takes on the days `busy`, but for what `booking` itself has. What is
    bound for a hold now is taken for lent until `bound_until`.
    """
    values = (tx.agency, wish.record, wish.from_branch, *busy, booking, bound_until)
    return [
        BookableCopy(item=row["item_id"], placement=row["placement_id"], material_group=row["material_group_id"])
        for row in await tx.rows(_FREE_COPIES, *values)
    ]


async def free_stock(tx: Transaction, wish: NewBooking, busy: Days, *, booking: int) -> list[tuple[int, int]]:
    """Counted stock of the branch, with how many are free."""
    rows = await tx.rows(_FREE_STOCK, tx.agency, wish.record, wish.from_branch, *busy, booking)
    return [(row["stock_id"], int(row["free"])) for row in rows if row["free"] > 0]


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


async def keep(
    tx: Transaction, booking: int, items: Sequence[ItemId], stock: Sequence[tuple[int, int]], busy: Days
) -> None:
    """Keep copies and quantities for a booking that has none. ConflictError `item_booked_once` where another desk was
    faster.
    """
    with _faster_desk():
        await tx.execute(_KEEP_COPIES, tx.agency, booking, list(items), *busy)
    ids, quantities = [each for each, _ in stock], [quantity for _, quantity in stock]
    await tx.execute(_KEEP_STOCK, tx.agency, booking, ids, quantities, *busy)


@contextmanager
def _faster_desk() -> Iterator[None]:
    try:
        yield
    except asyncpg.ExclusionViolationError as broken:
        raise ConflictError("item_booked_once") from broken


async def release(tx: Transaction, booking: int) -> list[ItemId]:
    """Give up what is kept for a booking and was not lent; which copies that was."""
    await tx.execute(_RELEASE_STOCK, tx.agency, booking)
    return [ItemId(row["item_id"]) for row in await tx.rows(_RELEASE_COPIES, tx.agency, booking)]


async def set_state(tx: Transaction, booking: int, state: BookingState) -> None:
    await tx.execute(_SET_STATE, tx.agency, booking, state.value)


async def set_loan(tx: Transaction, booking: int, item: ItemId, loan: LoanId) -> None:
    await tx.execute(_SET_LOAN, tx.agency, booking, item, loan)


async def lent_of_booked(tx: Transaction, loans: Sequence[LoanId]) -> list[tuple[int, ItemId, LoanId]]:
    """Booking, copy and loan, wherever one of the loans is what a booking was for."""
    rows = await tx.rows(_LENT_OF_BOOKED, tx.agency, list(loans))
    return [(row["booking_id"], ItemId(row["item_id"]), LoanId(row["loan_id"])) for row in rows]


async def kept(tx: Transaction, booking: int) -> dict[str, ItemId]:
    """The copies kept for a booking that are not lent yet, by number."""
    return {row["number"]: row["item_id"] for row in await tx.rows(_KEPT, tx.agency, booking)}


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


async def to_pack(tx: Transaction, branch: BranchId, until: date) -> list[ToPack]:
    return [
        ToPack(
            booking=row["id"],
            first_day=row["first_day"],
            delivery_branch=row["delivery_branch_id"],
            item=row["item_id"],
            item_number=row["number"],
            placement=row["placement_id"],
            title=row["title"],
        )
        for row in await tx.rows(_TO_PACK, tx.agency, branch, until)
    ]
