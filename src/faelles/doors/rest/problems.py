"""Every error as RFC 9457 problem details, in the language of whoever asked."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, cast

import asyncpg
import msgspec
from litestar import Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap

from faelles.circulation.desk.blocks import CirculationRefusedError
from faelles.doors.rest.request import ApiRequest
from faelles.doors.rest.validation import parameter_error
from faelles.ground import i18n
from faelles.ground.errors import (
    FaellesError,
    FieldProblem,
    InvalidRequestError,
    UnavailableError,
)
from faelles.ground.i18n import Language
from faelles.ground.log import logger

MEDIA_TYPE: Final = "application/problem+json"

_log = logger("doors.rest")

_CODES_BY_STATUS: Final = {
    HTTPStatus.NOT_FOUND: "route_unknown",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "body_wrong_type",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "headers_too_large",
    HTTPStatus.SERVICE_UNAVAILABLE: "server_overloaded",
}


class FieldError(msgspec.Struct, frozen=True, kw_only=True):
    """One field that does not fit: its dotted path in the body, or the parameter's name."""

    field: str
    code: str
    text: str


class BlockShown(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why not. `rule` is the policy rule behind it, null for a plain fact; `override` is the permission that
    may step over it, null where nobody can.
    """

    code: str
    text: str
    rule: int | None
    override: str | None
    parameters: dict[str, str | int]


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457. `code` is for programs and stable; `title` and `detail` are for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldError] = []
    """For a request that does not fit: what is wrong, field by field."""
    blocks: list[BlockShown] = []
    """For a refusal: everything that says no."""


def problem_bytes(
    status: int, code: str, language: Language, *, instance: str, parameters: Mapping[str, object] | None = None
) -> bytes:
    """A problem without fields or blocks, for where there is no route."""
    return msgspec.json.encode(_problem(status, code, language, instance, parameters or {}))


def _problem(
    status: int,
    code: str,
    language: Language,
    instance: str,
    parameters: Mapping[str, object],
    *,
    errors: list[FieldError] | None = None,
    blocks: list[BlockShown] | None = None,
) -> Problem:
    return Problem(
        type=f"urn:faelles:problem:{code}",
        title=i18n.text(f"http_{status}", language),
        status=status,
        detail=i18n.text(code, language, parameters),
        instance=instance,
        code=code,
        errors=errors or [],
        blocks=blocks or [],
    )


def _answer(problem: FaellesError, request: ApiRequest, status: int | None = None) -> Response[bytes]:
    language = request.language
    shown = _problem(
        status or problem.status,
        problem.code,
        language,
        f"urn:request:{request.scope.get('request_id', '')}",
        problem.parameters,
        errors=_field_errors(problem, language),
        blocks=_blocks(problem, language),
    )
    request.scope["problem_code"] = problem.code  # type: ignore[typeddict-unknown-key] # the gate counts it
    return Response(
        msgspec.json.encode(shown),
        status_code=shown.status,
        media_type=MEDIA_TYPE,
        headers=_headers(problem, shown.status, language),
    )


def _field_errors(problem: FaellesError, language: Language) -> list[FieldError]:
    if not isinstance(problem, InvalidRequestError):
        return []
    return [_field_error(field, language) for field in problem.problems]


def _field_error(problem: FieldProblem, language: Language) -> FieldError:
    return FieldError(
        field=problem.field, code=problem.code, text=i18n.text(problem.code, language, problem.parameters)
    )


def _blocks(problem: FaellesError, language: Language) -> list[BlockShown]:
    if not isinstance(problem, CirculationRefusedError):
        return []
    return [
        BlockShown(
            code=block.code,
            text=i18n.text(block.code, language, block.parameters),
            rule=block.rule,
            override=block.override,
            parameters=block.parameters,
        )
        for block in problem.blocks
    ]


def _headers(problem: FaellesError, status: int, language: Language) -> dict[str, str]:
    headers = {"content-language": language.value}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        headers["connection"] = "close"
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    return headers


def _on_our_own(request: ApiRequest, problem: FaellesError) -> Response[bytes]:
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("operation failed", code=problem.code, request=request.scope.get("request_id"))
    return _answer(problem, request)


def _on_validation(request: ApiRequest, problem: ValidationException) -> Response[bytes]:
    return _answer(parameter_error(problem.detail, problem.extra), request)


def _on_http(request: ApiRequest, problem: HTTPException) -> Response[bytes]:
    status = problem.status_code
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _on_anything(request, problem)
    code = _CODES_BY_STATUS.get(HTTPStatus(status), "invalid_request")
    answer = _answer(FaellesError(code), request, status)
    for name, value in (problem.headers or {}).items():
        answer.headers[name.lower()] = value
    return answer


def _on_unstorable(request: ApiRequest, problem: asyncpg.DataError) -> Response[bytes]:
    """The net below the declared bounds: a value that PostgreSQL cannot hold is the request's fault, not ours."""
    _log.warning(
        "value passed the door and was refused by the database",
        reason=type(problem).__name__,
        request=request.scope.get("request_id"),
    )
    return _answer(InvalidRequestError("value_not_storable"), request)


def _on_cancelled_query(request: ApiRequest, _: asyncpg.QueryCanceledError) -> Response[bytes]:
    """The database gave up on a statement after its time limit."""
    _log.warning("statement took too long", request=request.scope.get("request_id"))
    return _answer(UnavailableError("database_busy"), request)


def _on_anything(request: ApiRequest, problem: Exception) -> Response[bytes]:
    """A mistake of ours: the caller gets a number to tell us, the log gets the rest."""
    log_mistake(problem, request.scope.get("request_id"))
    return _answer(FaellesError("internal_error"), request)


def log_mistake(problem: Exception, request_id: object) -> None:
    """Log where it happened, but not what the exception says, which may quote a person's data."""
    _log.error("unhandled exception", reason=type(problem).__name__, request=request_id, where=_where(problem))


def _where(problem: BaseException) -> list[str]:
    """File and line of each frame, innermost last."""
    frames = []
    step = problem.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('site-packages/')[2]}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return frames[-12:]


# Handlers get the application's own request class, which Litestar's types cannot say.
HANDLERS: Final = cast(
    "ExceptionHandlersMap",
    {
        FaellesError: _on_our_own,
        ValidationException: _on_validation,
        HTTPException: _on_http,
        asyncpg.DataError: _on_unstorable,
        asyncpg.QueryCanceledError: _on_cancelled_query,
        Exception: _on_anything,
    },
)
"""For Litestar: the handler of the nearest class wins."""


def answer_problem(request: ApiRequest, problem: Exception) -> Response[bytes]:
    """The answer to what went wrong, where the framework does not ask for it."""
    handler = next(HANDLERS[kind] for kind in type(problem).__mro__ if kind in HANDLERS)
    return handler(request, problem)
