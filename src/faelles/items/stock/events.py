"""The facts that counted stock emits; `subject` is the stock."""

from faelles.ground.events import Event
from faelles.items.stock.model import Stock


def stock_counted(stock: Stock) -> Event:
    return Event(
        kind="stock_counted",
        subject=stock.id,
        dimensions={
            "record": stock.record,
            "placement": stock.placement,
            "material_group": stock.material_group,
            "quantity": stock.quantity,
        },
    )
