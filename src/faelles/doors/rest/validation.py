"""What msgspec and Litestar say about a request that does not fit, turned into our own field problems."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from faelles.ground.errors import FieldProblem, InvalidRequestError
from faelles.ground.fields import implausible_days

_PLACE: Final = re.compile(r" - at `(?:key in )?\$?([^`]*)`$")
_ELEMENT: Final = re.compile(r"\[(\d+|\.\.\.)\]")

_HEADERS: Final = {"idempotency_key": "Idempotency-Key"}
"""Litestar names a header's problem after the route's argument."""

_KINDS: Final = (
    (re.compile(r"^Object missing required field `(?P<name>[^`]+)`"), "field_missing"),
    (re.compile(r"^Object contains unknown field `(?P<name>[^`]+)`"), "field_unknown"),
    (re.compile(r"^Missing required \w+ parameter '(?P<name>[^']+)'"), "field_missing"),
    (re.compile(r"^Expected `(?P<expected>[^`]+)`, got `(?P<found>[^`]+)`"), "field_wrong_type"),
    (re.compile(r"^Expected `(?:str|array|object|bytes)` of length >= (?P<bound>\d+)"), "field_too_short"),
    (re.compile(r"^Expected `(?:str|array|object|bytes)` of length <= (?P<bound>\d+)"), "field_too_long"),
    (re.compile(r"^Expected `\w+` (?:>=) (?P<bound>[-\d.]+)"), "field_too_small"),
    (re.compile(r"^Expected `\w+` (?:>) (?P<bound>[-\d.]+)"), "field_not_above"),
    (re.compile(r"^Expected `\w+` (?:<=) (?P<bound>[-\d.]+)"), "field_too_large"),
    (re.compile(r"^Expected `\w+` (?:<) (?P<bound>[-\d.]+)"), "field_not_below"),
    (re.compile(r"^Expected `str` matching regex"), "field_wrong_form"),
    (re.compile(r"^Invalid enum value"), "field_not_among_choices"),
    (re.compile(r"^Invalid RFC3339"), "field_not_a_date"),
)


def body_error(problem: Exception) -> InvalidRequestError:
    """The error for a body that could not be decoded into its type."""
    if isinstance(problem, msgspec.ValidationError):
        return InvalidRequestError(problems=[_body_problem(str(problem))])
    return InvalidRequestError("body_not_json")


def refuse_implausible_days(decoded: object) -> None:
    """Here for every body at once: a day beyond all reason never gets as far as an operation."""
    if places := list(implausible_days(decoded)):
        raise InvalidRequestError(problems=[FieldProblem(place, "field_date_implausible", {}) for place in places])


def parameter_error(detail: str, extra: object) -> InvalidRequestError:
    """The error for what Litestar found wrong with path, query and header parameters."""
    entries = extra if isinstance(extra, list) else []
    found = [_parameter_problem(entry) for entry in entries if isinstance(entry, dict)]
    if not found:
        found = [_problem("", detail)]
    if [problem.field for problem in found] == ["data"]:
        return InvalidRequestError("body_missing")
    return InvalidRequestError(problems=found)


def _parameter_problem(entry: Mapping[str, object]) -> FieldProblem:
    name = str(entry.get("key", ""))
    return _problem(_HEADERS.get(name, name), str(entry.get("message", "")))


def _body_problem(message: str) -> FieldProblem:
    match = _PLACE.search(message)
    place = _ELEMENT.sub(r".\1", match[1]).lstrip(".") if match else ""
    return _problem(place, message[: match.start()] if match else message)


def _problem(place: str, message: str) -> FieldProblem:
    for pattern, code in _KINDS:
        if match := pattern.match(message):
            parameters = match.groupdict()
            name = parameters.pop("name", None)
            return FieldProblem(".".join(filter(None, (place, name))), code, parameters)
    return FieldProblem(place, "field_invalid", {})
