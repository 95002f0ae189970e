"""What goes wrong, as a page: what happened, and what to do next."""

from http import HTTPStatus
from typing import Any, Final, cast

import asyncpg
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap

from faelles.doors.rest.problems import log_mistake
from faelles.doors.web.request import WebRequest
from faelles.ground import i18n
from faelles.ground.errors import FaellesError, InvalidRequestError, UnavailableError

_CODES: Final = {
    HTTPStatus.UNAUTHORIZED: "web_session_over",
    HTTPStatus.BAD_REQUEST: "web_address_misfits",
    HTTPStatus.NOT_FOUND: "web_page_unknown",
    HTTPStatus.METHOD_NOT_ALLOWED: "web_page_unknown",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}


def told(problem: FaellesError, request: WebRequest) -> list[str]:
    """The problem in sentences: field by field where it is about fields."""
    language = request.language
    if isinstance(problem, InvalidRequestError) and problem.problems:
        return [i18n.text(each.code, language, each.parameters) for each in problem.problems]
    return [i18n.text(problem.code, language, problem.parameters)]


def _answer(request: WebRequest, status: int, sentences: list[str]) -> Response[Any]:
    template = "problem_fragment.html" if request.is_fragment else "problem.html"
    context = {"sentences": sentences, "then": _then(request, status), "to_sign_in": status == HTTPStatus.UNAUTHORIZED}
    return request.page(template, context, status=status)


def _then(request: WebRequest, status: int) -> str:
    """The message id of what to do next. A failure of ours may come after what was asked for was done."""
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return "web_nothing_changed"
    return "web_try_later" if request.method == "GET" else "web_look_before_trying_again"


def _on_our_own(request: WebRequest, problem: FaellesError) -> Response[Any]:
    request.scope["problem_code"] = problem.code  # type: ignore[typeddict-unknown-key] # the gate counts it
    answer = _answer(request, problem.status, told(problem, request))
    if problem.retry_after is not None:
        answer.headers["retry-after"] = str(problem.retry_after)
    return answer


def _on_http(request: WebRequest, problem: HTTPException) -> Response[Any]:
    status = problem.status_code
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _on_anything(request, problem)
    if status == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET" and not request.is_fragment:
        # The answer to a form, come back to or shown in the other language: the page that the form stands on.
        return request.go_to(request.url.path.rpartition("/")[0] or "/")
    code = _CODES.get(HTTPStatus(status), "invalid_request")
    if status == HTTPStatus.UNAUTHORIZED and not request.is_fragment:
        code = "web_session_over_form"
    return _answer(request, status, [i18n.text(code, request.language)])


def _on_busy(request: WebRequest, _: asyncpg.QueryCanceledError) -> Response[Any]:
    return _on_our_own(request, UnavailableError("database_busy"))


def _on_unstorable(request: WebRequest, _: asyncpg.DataError) -> Response[Any]:
    return _on_our_own(request, InvalidRequestError("value_not_storable"))


def _on_anything(request: WebRequest, problem: Exception) -> Response[Any]:
    log_mistake(problem, request.scope.get("request_id"))
    number = {"number": request.scope.get("request_id", "")}
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, [i18n.text("web_problem_ours", request.language, number)])


# Handlers get the application's own request class, which Litestar's types cannot say.
HANDLERS: Final = cast(
    "ExceptionHandlersMap",
    {
        FaellesError: _on_our_own,
        HTTPException: _on_http,
        asyncpg.DataError: _on_unstorable,
        asyncpg.QueryCanceledError: _on_busy,
        Exception: _on_anything,
    },
)
