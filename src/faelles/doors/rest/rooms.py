"""The rooms that are open over REST: one module each, one line each."""

from typing import Final

from litestar import Router

from faelles.doors.rest import (
    agencies,
    catalog,
    circulation,
    classes,
    corrections,
    events,
    fees,
    items,
    loans,
    machines,
    own_account,
    patrons,
    people,
    policies,
    sessions,
    stock,
    terminals,
)

ROUTERS: Final[tuple[Router, ...]] = (
    agencies.router,
    catalog.router,
    circulation.router,
    classes.router,
    corrections.router,
    events.router,
    fees.router,
    items.router,
    loans.router,
    machines.router,
    own_account.router,
    patrons.router,
    people.router,
    policies.router,
    sessions.router,
    stock.placeholder_router,
    stock.stock_router,
    terminals.router,
)
