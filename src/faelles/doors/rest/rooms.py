"""The rooms that are open over REST: one module each, one line each."""

from typing import Final

from litestar import Router

from faelles.doors.rest import agencies, fees, machines, people, policies, sessions

ROUTERS: Final[tuple[Router, ...]] = (
    agencies.router,
    fees.router,
    machines.router,
    people.router,
    policies.router,
    sessions.router,
)
