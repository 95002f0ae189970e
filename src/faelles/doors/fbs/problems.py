"""Errors in this interface's own form. Clients read `errorCode`; `message` is for whoever reads their log."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

import msgspec

from faelles.ground import i18n
from faelles.ground.errors import FaellesError, FieldProblem, InvalidRequestError
from faelles.ground.i18n import Language

Headers = Sequence[tuple[bytes, bytes]]

CODES: Final[Mapping[int, str]] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: "badRequest",
        HTTPStatus.UNAUTHORIZED: "clientUnauthorized",
        HTTPStatus.FORBIDDEN: "forbidden",
        HTTPStatus.NOT_FOUND: "dataNotFound",
        HTTPStatus.METHOD_NOT_ALLOWED: "methodNotAllowed",
        HTTPStatus.CONFLICT: "conflict",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "bodyTooLarge",
        HTTPStatus.UNPROCESSABLE_ENTITY: "refused",
        HTTPStatus.TOO_MANY_REQUESTS: "tooManyAttempts",
        HTTPStatus.INTERNAL_SERVER_ERROR: "internalError",
        HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
    }
)
CPR_NUMBER_EXISTS: Final = "CPR_NUMBER_EXISTS"
RESERVATIONS_FAILED: Final = "reservationsFailed"
_PLACE_IN_LIST: Final = re.compile(r"(?:^|\.)(\d+)(?=\.|$)")
_PLACED: Final = re.compile(r"[a-z_]+\.\d+\.")
_PUBLISHED: Final[Mapping[str, str]] = MappingProxyType({"newsletters_not_set": "Mailchimp configuration not found"})
"""Messages of the published interface, for those of ours that clients know by their words."""


class FieldWrong(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`field` is the path in the body (`reservations[0].recordId`), or the parameter's name."""

    field: str
    error_code: str
    message: str


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    correlation_id: str
    error_code: str
    message: str
    validation_errors: list[FieldWrong]


class AnsweredError(Exception):
    """An answer of this interface that none of our own errors stands for."""

    def __init__(self, status: HTTPStatus, error_code: str, code: str, headers: Headers = ()) -> None:
        super().__init__(error_code)
        self.status, self.error_code, self.code, self.headers = status, error_code, code, headers


def answered(problem: AnsweredError, correlation: str) -> ErrorBody:
    return ErrorBody(
        correlation_id=correlation,
        error_code=problem.error_code,
        message=i18n.text(problem.code, Language.DANISH),
        validation_errors=[],
    )


def told(problem: FaellesError, correlation: str) -> ErrorBody:
    """One of our own errors as clients of this interface know it."""
    problems = problem.problems if isinstance(problem, InvalidRequestError) else ()
    return ErrorBody(
        correlation_id=correlation,
        error_code=CODES.get(problem.status, "internalError"),
        message=_PUBLISHED.get(problem.code) or i18n.text(problem.code, Language.DANISH, problem.parameters),
        validation_errors=[
            FieldWrong(
                field=_PLACE_IN_LIST.sub(r"[\1]", each.field),
                error_code=each.code,
                message=i18n.text(each.code, Language.DANISH, each.parameters),
            )
            for each in problems
        ],
    )


def headers_of(problem: FaellesError) -> Headers:
    """When to come back, where that is known."""
    return [] if problem.retry_after is None else [(b"retry-after", b"%d" % problem.retry_after)]


def in_their_words(problem: InvalidRequestError, names: Mapping[str, str], place: str = "") -> InvalidRequestError:
    """Our fields under the names they were sent as; what is inside one of them is told as the whole. `place`: what they
    stand in (`bookings.0.`), where ours do not say so themselves.
    """
    renamed = [
        FieldProblem(place + _renamed(each.field, names), each.code, each.parameters) for each in problem.problems
    ]
    return InvalidRequestError(problem.code, problems=renamed, **problem.parameters)


def _renamed(field: str, names: Mapping[str, str]) -> str:
    """A field by itself, or one of something in a list, which keeps its place."""
    name = names.get(field.partition(".")[0])
    if name is not None:
        return name
    found = _PLACED.match(field)
    place = found[0] if found else ""
    rest = field.removeprefix(place)
    return place + names.get(rest.partition(".")[0], rest)
