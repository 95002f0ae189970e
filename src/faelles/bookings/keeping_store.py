"""The SQL of what bookings keep: which copies and stock are free, kept, to be packed and lent."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import asyncpg

from faelles.bookings.model import BookableCopy, NewBooking, ToPack
from faelles.ground.database import Transaction
from faelles.ground.errors import ConflictError
from faelles.ground.ids import BranchId, ItemId, LoanId

Days = tuple[date, date]
"""The first and the last."""

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


async def set_loan(tx: Transaction, booking: int, item: ItemId, loan: LoanId) -> None:
    await tx.execute(_SET_LOAN, tx.agency, booking, item, loan)


async def lent_of_booked(tx: Transaction, loans: Sequence[LoanId]) -> list[tuple[int, ItemId, LoanId]]:
    """Booking, copy and loan, wherever one of the loans is what a booking was for."""
    rows = await tx.rows(_LENT_OF_BOOKED, tx.agency, list(loans))
    return [(row["booking_id"], ItemId(row["item_id"]), LoanId(row["loan_id"])) for row in rows]


async def kept(tx: Transaction, booking: int) -> dict[str, ItemId]:
    """The copies kept for a booking that are not lent yet, by number."""
    return {row["number"]: row["item_id"] for row in await tx.rows(_KEPT, tx.agency, booking)}


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
