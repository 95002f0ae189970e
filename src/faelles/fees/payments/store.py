"""All SQL about paying online."""

from collections.abc import Sequence
from datetime import datetime

from faelles.fees.payments.model import Line, NewOrder, Order, OrderState, Payable, Refund, RefundState
from faelles.ground.database import Row, Transaction
from faelles.ground.ids import AccountId, ChargeId, PatronId

_LOAD_PAYABLE = """
SELECT c.id AS charge_id, p.patron_id, p.division_id, a.currency, y.liable_id,
       (SELECT q.account_id FROM patron_account AS q
         WHERE q.agency_id = $1 AND q.patron_id = p.patron_id AND q.division_id = p.division_id AND q.is_current)
           AS account_id,
       s.outstanding_ore
  FROM charge AS c
  JOIN account AS a ON a.agency_id = $1 AND a.id = c.account_id
  JOIN patron_account AS p ON p.agency_id = $1 AND p.account_id = c.account_id
  LEFT JOIN charge_party AS y ON y.agency_id = $1 AND y.charge_id = c.id
 CROSS JOIN LATERAL sums_of_claim($1, c.id) AS s
 WHERE c.agency_id = $1 AND c.id = ANY ($2::bigint[])
 ORDER BY c.raised_at, c.id
"""

_INSERT_ORDER = """
INSERT INTO payment_order (agency_id, reference, account_id, amount_ore, currency, return_url, state, created_at,
                           changed_at)
VALUES ($1, $2, $3, $4, $5, $6, 'created', $7, $7)
RETURNING id
"""

_INSERT_LINE = "INSERT INTO payment_order_line (agency_id, order_id, charge_id, amount_ore) VALUES ($1, $2, $3, $4)"

_ORDERS = """
SELECT o.id, o.reference, o.account_id, a.division_id, p.patron_id, o.amount_ore, o.currency, o.return_url, o.state,
       o.provider_id, o.redirect_url, o.capture_ore, o.payment_id, o.created_at,
       ARRAY(SELECT ROW(l.charge_id, l.amount_ore) FROM payment_order_line AS l
              WHERE l.agency_id = $1 AND l.order_id = o.id ORDER BY l.charge_id) AS lines
  FROM payment_order AS o
  JOIN account AS a ON a.agency_id = $1 AND a.id = o.account_id
  LEFT JOIN patron_account AS p ON p.agency_id = $1 AND p.account_id = o.account_id
 WHERE o.agency_id = $1
"""

_LOAD_ORDER = _ORDERS + "   AND (o.id = $2 OR o.reference = $3)"

# Money that is reserved comes first; else who has waited longest since being asked after, so that those whose answer
# never changes keep no others from their turn.
_TAKE_UNFINISHED = """
UPDATE payment_order SET asked_at = $3
 WHERE agency_id = $1
   AND id IN (SELECT id FROM payment_order
               WHERE agency_id = $1 AND state IN ('created', 'started', 'authorized', 'cancelling') AND changed_at < $2
                 AND payment_may_come(state, created_at, $3)
               ORDER BY state IN ('created', 'started'), COALESCE(asked_at, changed_at), id
               LIMIT $4
                 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""

_LIST_ORDERS = (
    _ORDERS + "   AND o.id = ANY ($2::bigint[]) ORDER BY o.state IN ('created', 'started'), o.changed_at, o.id"
)

_LOCK_ORDER = "SELECT state FROM payment_order WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE"

_NOTE_STARTED = """
UPDATE payment_order SET state = 'started', provider_id = $3, redirect_url = $4, changed_at = $5
 WHERE agency_id = $1 AND id = $2 AND state = 'created'
"""

_SET_STATE = """
UPDATE payment_order SET state = $3, capture_ore = COALESCE($4, capture_ore), payment_id = $5, changed_at = $6
 WHERE agency_id = $1 AND id = $2
"""

_INSERT_REFUND = """
INSERT INTO payment_refund (agency_id, order_id, amount_ore, reason, state, actor, at)
VALUES ($1, $2, $3, $4, 'requested', $5, $6)
RETURNING id
"""

_REFUNDS = "SELECT id, order_id, amount_ore, reason, state FROM payment_refund WHERE agency_id = $1"

_LOAD_REFUND = _REFUNDS + " AND id = $2"

_LIST_REFUNDS = _REFUNDS + " AND order_id = $2 ORDER BY id"

_TAKE_UNFINISHED_REFUNDS = """
UPDATE payment_refund SET asked_at = $2
 WHERE agency_id = $1
   AND id IN (SELECT id FROM payment_refund
               WHERE agency_id = $1 AND state = 'requested' AND at < $2
               ORDER BY COALESCE(asked_at, at), id
               LIMIT $3
                 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id, order_id, amount_ore, reason, state
"""

_END_REFUND = """
UPDATE payment_refund SET state = $3, ended_at = $4 WHERE agency_id = $1 AND id = $2 AND state = 'requested'
"""


async def load_payable(tx: Transaction, charges: Sequence[int]) -> list[Payable]:
    """Those of `charges` there are, the oldest first."""
    return [
        Payable(
            charge=row["charge_id"],
            patron=row["patron_id"],
            division=row["division_id"],
            account=row["account_id"],
            currency=row["currency"],
            liable=row["liable_id"],
            outstanding_ore=row["outstanding_ore"],
        )
        for row in await tx.rows(_LOAD_PAYABLE, tx.agency, list(charges))
    ]


async def insert_order(tx: Transaction, new: NewOrder) -> int:
    order: int = await tx.value(
        _INSERT_ORDER,
        tx.agency,
        new.reference,
        new.account,
        new.amount_ore,
        new.currency,
        new.return_url,
        tx.now,
    )
    await tx.execute_many(_INSERT_LINE, [(tx.agency, order, line.charge, line.amount_ore) for line in new.lines])
    return order


async def load_order(tx: Transaction, *, order: int | None = None, reference: str | None = None) -> Order | None:
    row = await tx.row(_LOAD_ORDER, tx.agency, order, reference)
    return _order(row) if row else None


async def take_unfinished(tx: Transaction, before: datetime, limit: int) -> list[Order]:
    """Orders that nothing has happened to since `before` and money may still come of: it is noted that they are asked
    after now, and next time others come first.
    """
    taken = [row["id"] for row in await tx.rows(_TAKE_UNFINISHED, tx.agency, before, tx.now, limit)]
    return [_order(row) for row in await tx.rows(_LIST_ORDERS, tx.agency, taken)] if taken else []


async def lock_order(tx: Transaction, order: int) -> None:
    await tx.execute(_LOCK_ORDER, tx.agency, order)


async def note_started(tx: Transaction, order: int, provider_id: str, redirect_url: str) -> None:
    """Nothing where it has moved on already: a callback may be quicker than the answer."""
    await tx.execute(_NOTE_STARTED, tx.agency, order, provider_id, redirect_url, tx.now)


async def set_state(
    tx: Transaction, order: int, state: OrderState, *, capture: int | None = None, payment: int | None = None
) -> None:
    await tx.execute(_SET_STATE, tx.agency, order, state, capture, payment, tx.now)


async def insert_refund(tx: Transaction, order: int, amount: int, reason: str) -> int:
    refund: int = await tx.value(_INSERT_REFUND, tx.agency, order, amount, reason, str(tx.actor), tx.now)
    return refund


async def load_refund(tx: Transaction, refund: int) -> Refund | None:
    row = await tx.row(_LOAD_REFUND, tx.agency, refund)
    return _refund(row) if row else None


async def list_refunds(tx: Transaction, order: int) -> list[Refund]:
    return [_refund(row) for row in await tx.rows(_LIST_REFUNDS, tx.agency, order)]


async def take_unfinished_refunds(tx: Transaction, limit: int) -> list[Refund]:
    """Refunds that no provider has answered: as `take_unfinished`."""
    return [_refund(row) for row in await tx.rows(_TAKE_UNFINISHED_REFUNDS, tx.agency, tx.now, limit)]


async def end_refund(tx: Transaction, refund: int, state: RefundState) -> bool:
    """Whether it was this call that ended it."""
    return bool(await tx.execute(_END_REFUND, tx.agency, refund, state, tx.now))


def _order(row: Row) -> Order:
    return Order(
        id=row["id"],
        reference=row["reference"],
        account=AccountId(row["account_id"]),
        division=row["division_id"],
        patron=PatronId(row["patron_id"]) if row["patron_id"] else None,
        amount_ore=row["amount_ore"],
        currency=row["currency"],
        return_url=row["return_url"],
        state=OrderState(row["state"]),
        provider_id=row["provider_id"],
        redirect_url=row["redirect_url"],
        capture_ore=row["capture_ore"],
        payment=row["payment_id"],
        created_at=row["created_at"],
        lines=tuple(Line(charge=ChargeId(charge), amount_ore=amount) for charge, amount in row["lines"]),
    )


def _refund(row: Row) -> Refund:
    return Refund(
        id=row["id"],
        order=row["order_id"],
        amount_ore=row["amount_ore"],
        reason=row["reason"],
        state=RefundState(row["state"]),
    )
