"""The REST application: the rooms' routes under /api/v1, and what operators and readers of the interface need."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, Self, cast

import msgspec
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import BeforeRequestHookHandler
from prometheus_client import CollectorRegistry

from faelles.doors.rest import openapi, operating
from faelles.doors.rest.access import OPT_KEY, Access
from faelles.doors.rest.authentication import admit
from faelles.doors.rest.direct import Direct
from faelles.doors.rest.gate import Gate
from faelles.doors.rest.metrics import Metrics
from faelles.doors.rest.neighbours import ByPath, Neighbours
from faelles.doors.rest.pace import SignInPace
from faelles.doors.rest.problems import HANDLERS
from faelles.doors.rest.request import ApiRequest
from faelles.doors.rest.rooms import ROUTERS
from faelles.doors.rest.services import Authenticator, Limits, Services
from faelles.ground.config import Installation
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.errors import MisconfiguredError
from faelles.people import operations as tokens

PREFIX: Final = "/api/v1"
ON_THIS_MACHINE: Final = Installation(
    is_production=False, public_url="http://127.0.0.1:8000", exchange_directory=Path("var/exchange")
)
"""For tests and for reading the routes; what serves is told where it runs."""


class _MadeForOne(Router):
    """A router that one application alone is given. Litestar copies, with all their routes, those it is given: for this
    one that is a third of a start, and for nothing.
    """

    def __deepcopy__(self, memo: object) -> Self:
        return self


def create_app(
    database: Database,
    keyring: Keyring,
    *,
    authenticate: Authenticator | None = None,
    limits: Limits | None = None,
    installation: Installation = ON_THIS_MACHINE,
    routers: Sequence[Router] = ROUTERS,
    registry: CollectorRegistry | None = None,
    neighbours: Neighbours | None = None,
) -> Litestar:
    """The ASGI application. `registry`: what else `/metrics` shows; `neighbours`: other doors behind the same gate.

    Raises MisconfiguredError for a route that does not say who may call it.
    """
    services = Services(
        installation=installation,
        database=database,
        keyring=keyring,
        authenticate=authenticate or partial(tokens.authenticate, database, keyring),
        limits=limits or Limits(),
        sign_in_pace=SignInPace(installation.proxies),
    )
    metrics = Metrics(database, registry)
    application = Litestar(
        route_handlers=_layout(routers),
        request_class=ApiRequest,
        before_request=cast("BeforeRequestHookHandler", admit),  # it gets `request_class`, which its type cannot say
        exception_handlers=HANDLERS,
        request_max_body_size=services.limits.body_bytes,
        openapi_config=None,
        logging_config=None,
        state=State(
            {"services": services, "metrics": metrics, "description": openapi.Description(partial(_layout, routers))}
        ),
        debug=False,
    )
    for path, handler in own_routes(application):
        _check(path, handler)
    doors = {path: neighbour(services) for path, neighbour in (neighbours or {}).items()}
    ours = Direct(application.asgi_handler, own_routes(application))
    application.asgi_handler = Gate(ByPath(ours, doors), metrics, services.limits)
    return application


def _layout(routers: Sequence[Router]) -> list[Router]:
    """For one application."""
    return [_MadeForOne(path=PREFIX, route_handlers=list(routers)), operating.router, openapi.router]


def own_routes(application: Litestar) -> Iterator[tuple[str, HTTPRouteHandler]]:
    """Every route with its path; Litestar's own answers to OPTIONS apart."""
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.http_methods != {"OPTIONS"}:
                    yield route.path_format, handler


def _check(path: str, handler: HTTPRouteHandler) -> None:
    if not isinstance(handler.opt.get(OPT_KEY), Access):
        raise MisconfiguredError("route_without_access", route=path)
    if handler.resolve_before_request() is not admit:
        raise MisconfiguredError("route_around_admission", route=path)
    for name, field in handler.parsed_fn_signature.parameters.items():
        if any(isinstance(bound, msgspec.Meta) for bound in field.metadata):
            raise MisconfiguredError("route_parameter_unbounded", route=path, parameter=name)
