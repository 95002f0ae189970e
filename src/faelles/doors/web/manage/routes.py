"""All routes of the screens that manage."""

from typing import Final

from litestar import Router

from faelles.doors.web.manage import overview
from faelles.doors.web.manage.logistics import floats, sorting, vans
from faelles.doors.web.manage.logs import events, looks
from faelles.doors.web.manage.organisation import agency, branches, calendar, closings, settings
from faelles.doors.web.manage.people import clients, machines, providers, roles, staff, support, terminals
from faelles.doors.web.manage.policies import changing, groups

ROUTERS: Final[tuple[Router, ...]] = (
    agency.router,
    branches.router,
    calendar.router,
    changing.router,
    clients.router,
    closings.router,
    events.router,
    floats.router,
    groups.router,
    looks.router,
    machines.router,
    overview.router,
    providers.router,
    roles.router,
    settings.router,
    sorting.router,
    staff.router,
    support.router,
    terminals.router,
    vans.router,
)
