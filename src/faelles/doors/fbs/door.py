"""The door: finds the operation, admits the client, reads what was sent, and writes the answer in the version asked."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_plus

import asyncpg
import msgspec
from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from faelles.doors.fbs import openapi, problems
from faelles.doors.fbs.call import Call
from faelles.doors.fbs.facts import PREFIX, Operation, Type
from faelles.doors.fbs.problems import AnsweredError, ErrorBody, Headers
from faelles.doors.fbs.routing import Found, Routes
from faelles.doors.fbs.serving import HANDLERS, NEEDED, served
from faelles.doors.fbs.sessions import Sessions, division_of
from faelles.doors.fbs.versions import read_body, shown
from faelles.doors.rest.problems import log_mistake
from faelles.doors.rest.services import Services
from faelles.doors.turned_away import require_let_in
from faelles.ground.errors import FaellesError, InvalidRequestError, UnavailableError, invalid_field

_JSON: Final = (b"content-type", b"application/json")
_LOGIN: Final = "login"
_SHOWN_TO_WHO_ACCEPTS: Final = frozenset({"updateV8"})
"""Clients in the field expect the changed patron or no content at all; those of the first kind say what they accept.
Older versions are answered with the patron by whomever they are called.
"""
_MOST_PARAMETERS: Final = 1000
_MOST_VALUES: Final = 500
"""Of one repeated parameter: ten pages of search results at once."""


def fbs_door(services: Services) -> ASGIApp:
    """The whole interface as an ASGI application under `/rest`."""
    return _Door(services)


class _Door:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._sessions = Sessions(services.database, services.keyring)
        self._routes = Routes(served())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            return
        correlation = str(scope.get("request_id", ""))
        try:
            status, reply = await self._answer(scope, receive)
        except AnsweredError as problem:
            told = problems.answered(problem, correlation)
            await _send_error(send, scope, problem.status, told, problem.headers)
        except Exception as found:  # noqa: BLE001 - a mistake of ours is answered in this interface's form
            ours = _as_ours(found, correlation)
            told = problems.told(ours, correlation)
            await _send_error(send, scope, HTTPStatus(ours.status), told, problems.headers_of(ours))
        else:
            await _send(send, status, reply)

    async def _answer(self, scope: HTTPScope, receive: Receive) -> tuple[HTTPStatus, bytes]:
        require_let_in(scope)
        path = _sent_path(scope)
        if path == "/openapi.json":
            return HTTPStatus.OK, openapi.as_json()
        operation, values = _chosen(self._routes.find(path), scope["method"])
        scope["path_template"] = PREFIX + operation.path
        parameters = dict(zip(operation.path_parameters, values, strict=True))
        if operation.verb == _LOGIN:
            return HTTPStatus.OK, await self._login(scope, operation, parameters["agencyid"], receive)
        session = await self._sessions.find(_header(scope, b"x-session"))
        scope["user"] = session.caller
        division = division_of(session, parameters["agencyid"])
        if needed := NEEDED.get(operation.verb):
            session.callers[division].require(needed)
        query, others = _query(operation, scope["query_string"])
        call = Call(
            operation=operation,
            services=self._services,
            division=division,
            caller=session.callers[division],
            path=parameters,
            query=query,
            undocumented=others,
            sent=read_body(await _body(receive, self._limit), operation.body) if operation.body else None,
        )
        reply = await _handled(call)
        if operation.id in _SHOWN_TO_WHO_ACCEPTS and not _header(scope, b"accept"):
            return HTTPStatus.NO_CONTENT, b""
        return HTTPStatus.OK, reply

    async def _login(self, scope: HTTPScope, operation: Operation, isil: str, receive: Receive) -> bytes:
        if operation.body is None or operation.reply is None:
            raise InvalidRequestError
        sent = read_body(await _body(receive, self._limit), operation.body)
        address = self._services.sign_in_pace.address_of(Request(scope))
        with self._services.guess_pace.at_secrets(address) as guess:
            key = await self._sessions.begin(isil, sent["username"], sent["password"])
            guess.was_right = True
        return msgspec.json.encode({"sessionKey": key})

    @property
    def _limit(self) -> int:
        return self._services.limits.body_bytes


async def _handled(call: Call) -> bytes:
    answer = await HANDLERS[call.operation.verb](call)
    if call.operation.reply is None:
        return b""
    return msgspec.json.encode(shown(answer, call.operation.reply))


def _as_ours(found: Exception, correlation: str) -> FaellesError:
    match found:
        case FaellesError():
            return found
        case asyncpg.DataError():
            return InvalidRequestError("value_not_storable")
        case asyncpg.QueryCanceledError():
            return UnavailableError("database_busy")
        case _:
            log_mistake(found, correlation)
            return FaellesError("internal_error")


def _sent_path(scope: HTTPScope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("latin-1").removeprefix(PREFIX)


def _chosen(found: Found | None, method: str) -> tuple[Operation, tuple[str, ...]]:
    if found is None:
        raise AnsweredError(HTTPStatus.NOT_FOUND, "operationUnknown", "route_unknown")
    operation = found.operations.get(method)
    if operation is None:
        allowed = (b"allow", ", ".join(sorted(found.operations)).encode())
        raise AnsweredError(HTTPStatus.METHOD_NOT_ALLOWED, "methodNotAllowed", "method_not_allowed", [allowed])
    return operation, found.values


def _query(operation: Operation, raw: bytes) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """The parameters that the operation has, and those it has not. Repeated ones are lists of what is not empty; some
    clients write them with commas instead, which no number or ISIL has.
    """
    try:
        sent = _parameters(raw)
    except ValueError:
        raise invalid_field(next(iter(operation.query), "query"), "field_too_long", bound=_MOST_VALUES) from None
    told = {}
    for name, kind in operation.query.items():
        values = told[name] = _listed(sent.pop(name, []), kind)
        most = _MOST_VALUES if kind.is_list else 1
        # A flag that is not sent is false, whatever the tables require.
        if not values and not kind.is_optional and kind.name != "boolean":
            raise invalid_field(name, "field_missing")
        if len(values) > most:
            raise invalid_field(name, "field_too_long", bound=most)
        if "\x00" in "".join(values):
            raise invalid_field(name, "field_wrong_form")
    return told, sent


def _parameters(raw: bytes) -> dict[str, list[str]]:
    """As `urllib.parse.parse_qs` reads them, at a third of its cost. Raises ValueError for too many, or no UTF-8."""
    sent: dict[str, list[str]] = {}
    if not raw:
        return sent
    fields = raw.decode().split("&")
    if len(fields) > _MOST_VALUES + _MOST_PARAMETERS:
        raise ValueError
    for field in fields:
        name, _, value = field.partition("=")
        if value:
            sent.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return sent


def _listed(values: list[str], kind: Type) -> list[str]:
    return [part for value in values for part in value.split(",") if part] if kind.is_list else values


def _header(scope: HTTPScope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1").strip()
    return ""


async def _body(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise InvalidRequestError("client_gone")
        size += len(message["body"])
        if size > limit:
            raise AnsweredError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "bodyTooLarge", "body_too_large")
        parts.append(message["body"])
        if not message["more_body"]:
            return b"".join(parts)


async def _send_error(send: Send, scope: HTTPScope, status: int, told: ErrorBody, headers: Headers = ()) -> None:
    scope["problem_code"] = told.error_code  # type: ignore[typeddict-unknown-key] # the gate counts it
    await _send(send, status, msgspec.json.encode(told), headers)


async def _send(send: Send, status: int, body: bytes, more: Headers = ()) -> None:
    """An answer without a body has no type either, and one without content no length."""
    headers = [*more]
    if status is not HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", b"%d" % len(body)))
    if body:
        headers.append(_JSON)
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
