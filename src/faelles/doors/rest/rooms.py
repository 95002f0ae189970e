"""The rooms that are open over REST: one module each, one line each."""

from typing import Final

from litestar import Router

from faelles.doors.rest import agencies, catalog, fees, items, machines, people, policies, sessions, stock

ROUTERS: Final[tuple[Router, ...]] = (
    agencies.router,
    catalog.router,
    fees.router,
    items.router,
    machines.router,
    people.router,
    policies.router,
    sessions.router,
    stock.placeholder_router,
    stock.stock_router,
)
