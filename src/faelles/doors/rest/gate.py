"""The one layer around the application: request ids, the bounds on load and headers, access log and metrics."""

import re
import secrets
from http import HTTPStatus
from time import perf_counter
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from faelles.doors.rest.metrics import Metrics
from faelles.doors.rest.problems import MEDIA_TYPE, log_mistake, problem_bytes
from faelles.doors.rest.request import preferred_language
from faelles.doors.rest.services import Limits
from faelles.doors.turned_away import turn_away
from faelles.ground.errors import FaellesError, InvalidRequestError, UnavailableError
from faelles.ground.i18n import Language
from faelles.ground.log import logger
from faelles.people.model import Caller

_log = logger("doors.rest")

_REQUEST_ID: Final = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_ALWAYS_LET_IN: Final = frozenset({"/health", "/metrics"})
_UNKNOWN_ROUTE: Final = "(none)"
_NOT_ANSWERED: Final = 0
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECURITY_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
]


class Gate:
    """ASGI in, ASGI out. Whatever goes wrong inside has become an answer before it comes back here."""

    def __init__(self, application: ASGIApp, metrics: Metrics, limits: Limits) -> None:
        self._application = application
        self._metrics = metrics
        self._limits = limits
        self._in_work = 0
        metrics.watch_work(lambda: self._in_work)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            await self._application(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # RFC 9110, 9.3.2: as GET. What stands in between leaves out the body, by the scope that it made.
            scope = {**scope, "method": "GET"}
        visit = _Visit(scope, send)
        refusal = self._refusal(scope, visit.header_bytes)
        if (problem := self._objection(scope)) is not None:
            turn_away(scope, problem)
        self._in_work += 1
        try:
            if refusal is None:
                await self._application(scope, receive, visit.send)
            else:
                scope["problem_code"] = refusal[1]  # type: ignore[typeddict-unknown-key] # counted in _note
                await visit.refuse(*refusal)
        except Exception as problem:  # noqa: BLE001 - the last resort: the server below would log what it says
            log_mistake(problem, visit.request_id)
            await visit.give_up()
        finally:
            self._in_work -= 1
            self._note(scope, visit)

    def _refusal(self, scope: HTTPScope, header_bytes: int) -> tuple[HTTPStatus, str] | None:
        """What comes to no door at all."""
        if header_bytes > self._limits.header_bytes:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large"
        if not scope["path"].startswith("/"):
            return HTTPStatus.NOT_FOUND, "route_unknown"
        return None

    def _objection(self, scope: HTTPScope) -> FaellesError | None:
        """What the door is to tell its caller in place of an answer."""
        if b"%00" in scope["query_string"] or "\x00" in scope["path"]:
            return InvalidRequestError("text_has_nul")
        if self._in_work >= self._limits.requests_in_work and scope["path"] not in _ALWAYS_LET_IN:
            return UnavailableError("server_overloaded")
        return None

    def _note(self, scope: HTTPScope, visit: "_Visit") -> None:
        seconds = perf_counter() - visit.started
        route = scope.get("path_template") or _UNKNOWN_ROUTE
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.answered(route, method, visit.status, seconds)
        code: str | None = scope.get("problem_code")  # type: ignore[assignment] # ours, set in problems.py
        if code:
            self._metrics.refused(code)
        caller: Caller | None = scope.get("user")
        _log.info(
            "request",
            id=visit.request_id,
            route=route,
            method=method,
            status=visit.status,
            ms=round(seconds * 1000, 2),
            code=code,
            agency=caller.agency if caller else None,
            actor=caller.actor.told if caller else None,
        )


class _Visit:
    """One request's way through the gate."""

    __slots__ = ("_language", "_out", "header_bytes", "request_id", "started", "status")

    def __init__(self, scope: HTTPScope, out: Send) -> None:
        self.started = perf_counter()
        self.status = _NOT_ANSWERED
        self._out = out
        self._language = Language.DANISH
        self.header_bytes = 0
        sent = ""
        for name, value in scope["headers"]:
            self.header_bytes += len(name) + len(value)
            if name == b"x-request-id":
                sent = value.decode("latin-1")
            elif name == b"accept-language":
                self._language = preferred_language(value.decode("latin-1")) or Language.DANISH
        self.request_id = sent if sent and _REQUEST_ID.match(sent) else secrets.token_hex(8)
        scope["request_id"] = self.request_id  # type: ignore[typeddict-unknown-key] # read in problems.py

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            given = dict(message["headers"])
            headers = [*message["headers"], (b"x-request-id", self.request_id.encode())]
            headers += [header for header in _SECURITY_HEADERS if header[0] not in given]
            message["headers"] = headers
        await self._out(message)

    async def give_up(self) -> None:
        """Answer for what failed on the way to an answer; what had begun to be sent ends there."""
        if self.status == _NOT_ANSWERED:
            await self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error")

    async def refuse(self, status: HTTPStatus, code: str) -> None:
        body = problem_bytes(status, code, self._language, instance=f"urn:request:{self.request_id}")
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"content-language", self._language.value.encode()),
        ]
        await self.send({"type": "http.response.start", "status": int(status), "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})
