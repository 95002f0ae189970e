"""What msgspec and Litestar say about a request that does not fit, turned into our own field problems."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec

from faelles.ground.errors import FieldProblem, InvalidRequestError
from faelles.ground.fields import MISFIT, implausible_days

_PLACE: Final = re.compile(r" - at `(?:key in )?\$?([^`]*)`$")
_ELEMENT: Final = re.compile(r"\[(\d+|\.\.\.)\]")

_HEADERS: Final = {"idempotency_key": "Idempotency-Key"}
"""Litestar names a header's problem after the route's argument."""

_LISTS: Final = frozenset({list, tuple, set, frozenset})
_UNIONS: Final = frozenset({Union, UnionType})

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
    (re.compile(r"^Invalid base64"), "field_not_base64"),
    (re.compile(r"^Expected `datetime` with a timezone"), "moment_needs_zone"),
    (re.compile(r"^(?:either|one of) (?P<fields>.+)"), "field_one_of"),
    (re.compile(r"^(?P<name>\w+) goes with (?P<other>\w+)"), "field_goes_with"),
)
"""The last two are what our own structs say of fields that depend on each other."""

_ENUMERATED: Final = re.compile(r",? (?:and|or) ")


_WIDEST: Final = 2**31 - 1
_MOST_PROBLEMS: Final = 50
"""More than anybody mends at a time."""


def body_error(problem: Exception, content: bytes, kind: object) -> InvalidRequestError:
    """The error for a body that could not be decoded into `kind`."""
    if not isinstance(problem, msgspec.ValidationError):
        return InvalidRequestError("body_not_json")
    try:
        sent = msgspec.json.decode(content)
    except RecursionError:
        return InvalidRequestError(problems=[_body_problem("", str(problem))])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return InvalidRequestError("body_not_json")
    return request_error(problem, sent, kind)


def request_error(
    problem: msgspec.ValidationError, sent: object, kind: object, *, strict: bool = True
) -> InvalidRequestError:
    """The error for plain values that are no `kind`, with everything that does not fit: msgspec stops at the first.

    Not `strict`: every value is a text, as in a form, where `"9"` is a number.
    """
    found = list(islice(_misfits(sent, kind, "", strict), _MOST_PROBLEMS))
    return InvalidRequestError(problems=found or [_body_problem("", str(problem))])


def _misfits(value: object, kind: object, place: str, strict: bool) -> Iterator[FieldProblem]:  # noqa: FBT001 - as asked
    """What is wrong with the parts of a value; where they are all right, what is wrong with the whole."""
    found = False
    for problem in _misfits_inside(value, _bare(kind), place, strict):
        found = True
        yield problem
    if found:
        return
    try:
        fitting = msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as problem:
        misfit = _body_problem(place, str(problem))
        own = _own_code(kind) if misfit.code == "field_wrong_form" else None
        yield FieldProblem(misfit.field, own, {}) if own else misfit
    else:
        yield from (FieldProblem(day, "field_date_implausible", {}) for day in implausible_days(fitting, place))


def _misfits_inside(value: object, kind: Any, place: str, strict: bool) -> Iterator[FieldProblem]:  # noqa: ANN401, FBT001 - any type there is
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for name, field in fields.items():
            if name in value:
                yield from _misfits(value[name], field.type, _at(place, name), strict)
            elif field.required:
                yield FieldProblem(_at(place, name), "field_missing", {})
        if kind.__struct_config__.forbid_unknown_fields:
            yield from (FieldProblem(_at(place, str(name)), "field_unknown", {}) for name in value.keys() - fields)
    elif isinstance(value, list) and get_origin(kind) in _LISTS:
        for number, inner in enumerate(value):
            yield from _misfits(inner, get_args(kind)[0], _at(place, str(number)), strict)


def _bare(kind: Any) -> Any:  # noqa: ANN401 - any type there is
    """The type without its bounds, and without "or None"."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in _UNIONS:
        others = [each for each in get_args(kind) if each is not NoneType]
        return _bare(others[0]) if len(others) == 1 else kind
    return kind


def _own_code(kind: Any) -> str | None:  # noqa: ANN401 - any type there is
    """What the kind of field itself has to say to a text of another form."""
    if get_origin(kind) in _UNIONS:
        return next((code for each in get_args(kind) if (code := _own_code(each))), None)
    bounds = [each for each in getattr(kind, "__metadata__", ()) if isinstance(each, msgspec.Meta)]
    return next((each.extra[MISFIT] for each in bounds if each.extra and MISFIT in each.extra), None)


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def refuse_repeated_keys(content: bytes) -> None:
    """A key that is told twice in one object says two things; the decoder would take the last without a word."""
    try:
        _key_by_key.decode(content.decode())
    except RecursionError:
        raise InvalidRequestError("body_not_json") from None


def _refuse_repeated(pairs: list[tuple[str, object]]) -> None:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise InvalidRequestError(problems=[FieldProblem(repeated, "field_repeated", {})])


_key_by_key = json.JSONDecoder(object_pairs_hook=_refuse_repeated, parse_int=str, parse_float=str)


def refuse_implausible_days(decoded: object) -> None:
    """Here for every body at once: a day beyond all reason never gets as far as an operation."""
    if places := list(implausible_days(decoded)):
        raise InvalidRequestError(problems=[FieldProblem(place, "field_date_implausible", {}) for place in places])


def unstorable(problem: Exception, sent: Mapping[str, object]) -> InvalidRequestError | None:
    """The error for a value that the database refused, naming the numbers it says, or else those it can mean: what most
    numbers are kept as is narrower than what an id may be. None where there are none.
    """
    suspects = [(place, number) for name, value in sent.items() for place, number in _too_wide(value, name)]
    told = [(place, number) for place, number in suspects if str(number) in str(problem)]
    parameters = {"bound": _WIDEST}
    found = [FieldProblem(place, "field_too_large", parameters) for place, _ in told or suspects]
    return InvalidRequestError(problems=found) if found else None


def _too_wide(value: object, place: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _too_wide(inner, _at(place, str(name)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _too_wide(inner, _at(place, str(index)))
    elif isinstance(value, int) and value > _WIDEST:
        yield place, value


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


def _body_problem(place: str, message: str) -> FieldProblem:
    """The problem msgspec found in what stands at `place`."""
    match = _PLACE.search(message)
    inner = _ELEMENT.sub(r".\1", match[1]).lstrip(".") if match else ""
    where = ".".join(filter(None, (place, inner)))
    return _problem(where, message[: match.start()] if match else message)


def _problem(place: str, message: str) -> FieldProblem:
    for pattern, code in _KINDS:
        if match := pattern.match(message):
            parameters = match.groupdict()
            name = parameters.pop("name", None)
            if "fields" in parameters:
                parameters["fields"] = _ENUMERATED.sub(", ", parameters["fields"])
            return FieldProblem(_at(place, name) if name else place, code, parameters)
    return FieldProblem(place, "field_invalid", {})
