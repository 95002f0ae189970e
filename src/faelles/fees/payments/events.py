"""The facts of paying online. What moves in the ledger is told there."""

from faelles.fees.payments.model import Order, OrderState, Refund
from faelles.ground.events import Event


def order_changed(order: Order, state: OrderState) -> Event:
    """The order came to `state`: `payment_order_created`, `payment_order_captured` ..."""
    return Event(
        kind=f"payment_order_{state}",
        account=order.account,
        subject=order.id,
        dimensions={"division": order.division, "amount_ore": order.amount_ore},
    )


def refunded(order: Order, refund: Refund) -> Event:
    """The refund came to its state: `payment_refund_requested`, `payment_refund_done`, `payment_refund_refused`."""
    return Event(
        kind=f"payment_refund_{refund.state}",
        account=order.account,
        subject=order.id,
        dimensions={"division": order.division, "amount_ore": refund.amount_ore, "refund": refund.id},
    )
