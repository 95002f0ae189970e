"""The description of the interface: OpenAPI 3.1 at `/schema`, and a page to read and try it at `/docs`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from importlib import metadata, resources
from typing import Any, Final

import msgspec
from litestar import Litestar, Response, Router, get
from litestar.enums import OpenAPIMediaType
from litestar.exceptions import NotFoundException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from faelles.doors.rest.access import OPT_KEY, OPT_KINDS, Access, Audience, Example, public
from faelles.doors.rest.parameters import PathCode
from faelles.doors.rest.problems import MEDIA_TYPE, Problem
from faelles.doors.rest.request import ApiRequest

_ASSETS: Final = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon-32x32.png": "image/png",
    "start.js": "text/javascript; charset=utf-8",
}
# The page's own widgets set style attributes and draw with data: images; nothing comes from elsewhere.
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_DAY: Final = "public, max-age=86400"

_PROBLEMS: Final = {
    HTTPStatus.BAD_REQUEST: "The request does not fit; `errors` says where.",
    HTTPStatus.UNAUTHORIZED: "No valid token.",
    HTTPStatus.FORBIDDEN: "The caller may not.",
    HTTPStatus.NOT_FOUND: "No such thing in the caller's agency.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Not with this method.",
    HTTPStatus.CONFLICT: "Somebody else was first, or the idempotency key was used for another request.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not application/json.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A rule of the library says no; `blocks` lists every one that does.",
    HTTPStatus.TOO_MANY_REQUESTS: "Locked out for a while; see Retry-After.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are too large.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database does not answer or the server is full; see Retry-After.",
}

_CLOCK_TIME: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"

_DESCRIPTION: Final = """\
What would do harm when it is done twice (lending, returning, renewing, charging, registering a copy or a patron,
blocking, noting) takes an `Idempotency-Key`. Anything else may simply be sent again: it sets what is already so, or is
refused as done already (409, or 404 for what is gone), as with a second version, a taken name, an entry reversed or
settled, a copy withdrawn or sent home; a payment is known by its `reference`.

Lists come in pages: hand `next` back as `after`. Every error is an RFC 9457 problem with a stable `code` and a text in
Danish or English (`Accept-Language`). Moments are UTC, money is whole øre.
"""


class Description:
    """The description of the routes of the routers that `layout` makes, put together when somebody first asks."""

    def __init__(self, layout: Callable[[], Sequence[Router]]) -> None:
        self._layout = layout

    async def read(self) -> bytes:
        """The description as JSON. It takes seconds to put together: meanwhile the server answers others."""
        return await asyncio.to_thread(lambda: self.as_json)

    @cached_property
    def as_json(self) -> bytes:
        return msgspec.json.encode(self.whole)

    @cached_property
    def whole(self) -> dict[str, Any]:
        """OpenAPI 3.1 as plain values.

        Litestar serves a description only beside pages of its own, so it is taken from an application that is never
        served.
        """
        application = Litestar(
            route_handlers=self._layout(),
            request_class=ApiRequest,
            openapi_config=_configuration(),
            logging_config=None,
        )
        described: dict[str, Any] = _mended(msgspec.to_builtins(application.openapi_schema.to_schema(), enc_hook=str))
        declared = _declared(application)
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                _complete(operation, declared[path, method])
        (problem,), schemas = msgspec.json.schema_components([Problem], ref_template="#/components/schemas/{name}")
        components = described["components"]
        components.setdefault("schemas", {}).update(schemas)
        components["responses"] = {
            f"Problem{status}": {"description": meaning, "content": {MEDIA_TYPE: {"schema": problem}}}
            for status, meaning in _PROBLEMS.items()
        }
        return described


def _configuration() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Fælles",
        version=metadata.version("faelles"),
        description=_DESCRIPTION,
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
        path="/elsewhere",
        render_plugins=[JsonRenderPlugin()],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", description="From a sign-in.")}
        ),
    )


def _mended(part: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Litestar describes a time of day as a duration, where OpenAPI's own format for it would ask for a zone; and what
    stands in a tuple of any length as that, or anything.
    """
    if isinstance(part, list):
        return [_mended(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    if part.get("format") == "duration":
        return {name: value for name, value in part.items() if name != "format"} | {"pattern": _CLOCK_TIME}
    match part.get("items"):
        case {"oneOf": [inner, rest]} if rest == {}:
            part = part | {"items": inner}
    return {name: _mended(inner) for name, inner in part.items()}


def _complete(operation: dict[str, Any], declared: Mapping[str, Any]) -> None:
    access: Access = declared[OPT_KEY]
    if kinds := declared.get(OPT_KINDS):
        operation["responses"]["200"]["content"] = {kind: {"schema": {"type": "string"}} for kind in kinds}
    for status in _PROBLEMS:
        operation["responses"][str(int(status))] = {"$ref": f"#/components/responses/Problem{status}"}
    operation["security"] = [] if access.audience is Audience.PUBLIC else [{"bearer": []}]
    if access.permission is not None:
        operation["x-permission"] = access.permission.value


def _declared(application: Litestar) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (route.path_format, method.lower()): handler.opt
        for route in application.routes
        for handler in getattr(route, "route_handlers", ())
        if OPT_KEY in handler.opt
        for method in handler.http_methods
    }


@get(["/schema", "/schema/openapi.json"], opt=public(), include_in_schema=False)
async def schema(request: ApiRequest) -> Response[bytes]:
    description: Description = request.app.state["description"]
    return Response(await description.read(), headers={"content-type": OpenAPIMediaType.OPENAPI_JSON.value})


@get("/docs", opt=public(), include_in_schema=False)
async def page() -> Response[bytes]:
    return Response(
        _asset("index.html"),
        headers={
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": _PAGE_POLICY,
            "referrer-policy": "no-referrer",
        },
    )


@get("/docs/{name:str}", opt=public(example=Example(path={"name": "start.js"})), include_in_schema=False)
async def asset(name: PathCode) -> Response[bytes]:
    if name not in _ASSETS:
        raise NotFoundException
    return Response(_asset(name), headers={"content-type": _ASSETS[name], "cache-control": _DAY})


def _asset(name: str) -> bytes:
    return (resources.files("faelles.doors.rest") / "browser" / name).read_bytes()


router = Router(path="/", route_handlers=[schema, page, asset])
