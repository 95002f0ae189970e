"""The web application: pages, their pictures and styles, and what goes wrong as a page too."""

from typing import Final, cast

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.types import ASGIApp, BeforeRequestHookHandler

from faelles.doors.rest.services import Services
from faelles.doors.web import assets
from faelles.doors.web.admission import admit
from faelles.doors.web.daily import ROUTERS as DAILY
from faelles.doors.web.desk import scanning
from faelles.doors.web.manage.routes import ROUTERS as MANAGE
from faelles.doors.web.offline import keeping, taking
from faelles.doors.web.own import coming_in, hearing
from faelles.doors.web.own import pages as own
from faelles.doors.web.pace import Pace
from faelles.doors.web.problems import HANDLERS
from faelles.doors.web.public import pages as public
from faelles.doors.web.rendering import Pages
from faelles.doors.web.request import WebRequest
from faelles.doors.web.security import add_headers
from faelles.doors.web.sign_in import federated, own_access, second_step
from faelles.doors.web.sign_in import pages as sign_in
from faelles.doors.web.start import help as help_pages
from faelles.doors.web.start import pages as start

ROUTERS: Final[tuple[Router, ...]] = (
    assets.router,
    *DAILY,
    *MANAGE,
    scanning.router,
    keeping.router,
    taking.router,
    coming_in.router,
    hearing.router,
    own.router,
    public.router,
    federated.router,
    help_pages.router,
    own_access.router,
    second_step.router,
    sign_in.router,
    start.router,
)


def create(services: Services) -> ASGIApp:
    """The door under `/`: for everything on the port that no other door answers."""
    return cast("ASGIApp", create_application(services))


def create_application(services: Services) -> Litestar:
    return Litestar(
        route_handlers=list(ROUTERS),
        request_class=WebRequest,
        before_request=cast("BeforeRequestHookHandler", admit),  # it gets `request_class`, which its type cannot say
        before_send=[add_headers],
        exception_handlers=HANDLERS,
        request_max_body_size=services.limits.body_bytes,
        openapi_config=None,
        logging_config=None,
        state=State({"services": services, "pages": Pages(), "pace": Pace()}),
        debug=False,
    )
