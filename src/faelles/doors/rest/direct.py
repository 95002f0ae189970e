"""The short way for what is posted all day long: a body in, an answer out, on a path without parameters.

The framework declares these routes, describes them, and would answer them too; but it makes ready for every kind of
request and answer there is, which costs more than the lending does (docs/benchmarks.md). Admission, decoding, errors
and encoding are the same functions by either way. A request of any other form than the plainest takes the framework's
way, which tells what is wrong with it.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response
from litestar.enums import RequestEncodingType, ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg
from litestar.serialization import encode_json
from litestar.types import ASGIApp, Empty, HTTPScope, Receive, Scope, Send
from litestar.typing import FieldDefinition
from litestar.utils.predicates import is_class_and_subclass

from faelles.doors.rest.authentication import admit
from faelles.doors.rest.problems import answer_problem
from faelles.doors.rest.request import ApiRequest
from faelles.ground.errors import InvalidRequestError
from faelles.ground.idempotency import LONGEST_KEY

_BODY: Final = {"request", "data"}
_BODY_AND_KEY: Final = {*_BODY, "idempotency_key"}
_HOST: Final = re.compile(rb"[a-zA-Z0-9.-]{1,253}(:[0-9]{1,5})?")
_KEY: Final = re.compile(rb"[\x20-\x7e]{1,%d}" % LONGEST_KEY)
_OTHERWISE: Final = object()
"""In place of a key: the request is not of the plainest form."""


@dataclass(frozen=True, slots=True)
class _Route:
    handler: HTTPRouteHandler
    work: Callable[..., Awaitable[Any]]
    status: int
    takes_key: bool


class Direct:
    """ASGI: answers the routes that it can, and hands on everything else."""

    def __init__(self, otherwise: ASGIApp, routes: Iterable[tuple[str, HTTPRouteHandler]]) -> None:
        self._otherwise = otherwise
        self._routes = {path: route for path, handler in routes if (route := _direct(path, handler)) is not None}

    @property
    def routes(self) -> Mapping[str, HTTPRouteHandler]:
        """By path; all are posted to."""
        return {path: route.handler for path, route in self._routes.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and scope["method"] == "POST":
            route = self._routes.get(scope["path"])
            if route is not None and (key := _key_of_plain(scope)) is not _OTHERWISE:
                await _answer(route, key, scope, receive, send)
                return
        await self._otherwise(scope, receive, send)


def _direct(path: str, handler: HTTPRouteHandler) -> _Route | None:
    """The route, if all that it takes is a body, and a key at most, and all that it gives is JSON."""
    signature = handler.parsed_fn_signature
    given = set(signature.parameters)
    is_plain = (
        handler.http_methods == {"POST"}
        and given in (_BODY, _BODY_AND_KEY)
        and "{" not in path
        and _is_json(signature.parameters["data"])
        and not handler.has_sync_callable
        and not handler.resolve_guards()
        and signature.return_type.annotation is not None
        and not is_class_and_subclass(signature.return_type.annotation, Response)
    )
    return _Route(handler, handler.fn, handler.status_code, given == _BODY_AND_KEY) if is_plain else None


def _is_json(data: FieldDefinition) -> bool:
    """Whether it is a body of ours, and must be sent."""
    kind = data.kwarg_definition
    return isinstance(kind, BodyKwarg) and kind.media_type == RequestEncodingType.JSON and not data.is_optional


def _key_of_plain(scope: HTTPScope) -> object:
    """The idempotency key, None where none is sent, or `_OTHERWISE`."""
    if scope["query_string"] or scope.get("root_path"):
        return _OTHERWISE
    key = None
    for name, value in scope["headers"]:
        if name == b"idempotency-key":
            if key is not None or not _KEY.fullmatch(value):
                return _OTHERWISE
            key = value.decode("ascii")
        elif name == b"host" and not _HOST.fullmatch(value):
            return _OTHERWISE
    return key


async def _answer(route: _Route, key: object, scope: HTTPScope, receive: Receive, send: Send) -> None:
    scope["route_handler"] = route.handler
    scope["path_template"] = scope["path"]
    request = ApiRequest(scope, receive, send)
    try:
        body = encode_json(await _work(route, request, key))
    except Exception as problem:  # noqa: BLE001 - every error becomes an answer, as in the framework's own layer
        await answer_problem(request, problem).to_asgi_response(None, request)(scope, receive, send)
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": route.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _work(route: _Route, request: ApiRequest, key: object) -> object:
    await admit(request)
    data = await request.json()
    if data is Empty:
        raise InvalidRequestError("body_missing")
    return await (route.work(request, data, key) if route.takes_key else route.work(request, data))
