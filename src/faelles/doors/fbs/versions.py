"""Writing a newest model as an older version wants it, and reading what an older version sends as the newest.

Both ways go by the tables of `facts.py`: a version shows the fields it has, under the names it has for them, and
accepts no others. An answer names every field, null where there is nothing.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec

from faelles.doors.fbs.facts import Type, models, python_name
from faelles.ground.errors import FieldProblem, InvalidRequestError

_FREE: Final = "Map"
"""What has no form of its own."""
_MOST_DIGITS: Final = 18
_WHOLE: Final = "body"
"""Where what is wrong is all that was sent."""

_ATTRIBUTES: Final = MappingProxyType(
    {("PatronV8", "interests"): "interest_names", ("PatronV9", "interests"): "interest_names"}
)
"""Where a version calls something else what a newer one has under that name."""

_UNNAMED: Final = MappingProxyType({"Response": "AuthenticatedPatronV10"})
"""What is answered where the tables only say that there is an answer."""

_RENAMED: Final = MappingProxyType({"cprNumber": "personIdentifier", "personId": "personIdentifier"})
_PERSON: Final = ("personIdentifier", "cprNumber", "personId")
"""One number under the name of its version; what stands between site and library system sends the newest with all."""
_SETTINGS: Final = "PatronSettings"
_HIGHEST: Final = MappingProxyType({"int32": 2**31 - 1, "int64": 2**63 - 1, "integer": 2**63 - 1})


def shown(value: Any, wanted: Type) -> Any:  # noqa: ANN401 - any model, as what msgspec writes
    """`value`, a newest model or several, as the version `wanted` shows it."""
    if not wanted.is_model or wanted.name == _FREE:
        return value
    form = _form(_UNNAMED.get(wanted.name, wanted.name))
    return msgspec.convert(value, list[form] if wanted.is_list else form, from_attributes=True)  # type: ignore[valid-type] # made here


@cache
def _form(model: str) -> type[msgspec.Struct]:
    """A version as a struct: msgspec fills and writes one several times quicker than a dict could be made."""
    kinds = models()[model]
    names = {_ATTRIBUTES.get((model, name)) or python_name(name): name for name in kinds}
    form = msgspec.defstruct(model, [(of, _held(kinds[name], model)) for of, name in names.items()], rename=names)
    setattr(form, model, form)  # where the name of a form that holds itself is looked up
    return form


def _held(kind: Type, within: str) -> Any:  # noqa: ANN401 - an annotation
    if not kind.is_model or kind.name == _FREE:
        return Any
    if kind.name == within:
        # A group of patrons holds groups of patrons.
        return f"tuple[{within}, ...] | None" if kind.is_list else f"{within} | None"
    form = _form(kind.name)
    return (tuple[form, ...] if kind.is_list else form) | None  # type: ignore[valid-type] # made here


def read(sent: object, wanted: Type) -> Any:  # noqa: ANN401 - plain values, which the handler's struct types
    """`sent` in the form of the newest version. Raises InvalidRequestError naming every field that does not fit."""
    problems: list[FieldProblem] = []
    value = _read(sent, wanted, "", problems)
    if problems:
        raise InvalidRequestError(problems=problems)
    return value


def _read(sent: object, wanted: Type, at: str, problems: list[FieldProblem]) -> Any:  # noqa: ANN401 - as above
    if wanted.is_list:
        if not isinstance(sent, list):
            return _wrong(at, "field_wrong_form", problems)
        return [_read(each, wanted.item, f"{at}[{place}]", problems) for place, each in enumerate(sent)]
    if wanted.is_model:
        if not isinstance(sent, dict):
            return _wrong(at, "field_wrong_form", problems)
        return _read_model(sent, wanted.name, at, problems)
    value = _as_number(sent) if wanted.name in _HIGHEST else sent
    return value if _fits(value, wanted) else _wrong(at, "field_wrong_form", problems)


def _as_number(sent: object) -> object:
    """Numbers that went through a form come back as texts."""
    is_number = isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= _MOST_DIGITS
    return int(sent) if isinstance(sent, str) and is_number else sent


def _read_model(sent: Mapping[str, object], model: str, at: str, problems: list[FieldProblem]) -> dict[str, Any]:
    told = {}
    for name, kind in models()[model].items():
        value, here = _plain(name, kind, _sent_as(name, sent)), f"{at}.{name}" if at else name
        # Forms of web sites send what nobody filled in as an empty text.
        if value is not None and not (value == "" and kind.is_optional):
            told[_RENAMED.get(name, name)] = _read(value, kind, here, problems)
        elif not kind.is_optional and not _may_be_left_out(model, name, kind):
            _wrong(here, "field_missing", problems)
    return _with_addresses(told, model)


def _may_be_left_out(model: str, name: str, kind: Type) -> bool:
    """What the tables require and clients in the field leave null: a change of PIN without a PIN changes none, and of
    a patron's choices one that is not made stays as it is.
    """
    if model.startswith(_SETTINGS):
        return kind.name == "boolean"
    return (model, name) == ("PincodeChange", "pincode")


def _sent_as(name: str, sent: Mapping[str, object]) -> object:
    value = sent.get(name)
    if value is not None or name not in _PERSON:
        return value
    return next((sent[other] for other in _PERSON if sent.get(other) is not None), None)


def person_field(model: str) -> str:
    """What a version of a request calls the number of a person."""
    return next(name for name in _PERSON if name in models()[model])


def _plain(name: str, kind: Type, value: object) -> object:
    """Clients send a whole patron back, whose interests have display names beside the names that are asked for."""
    if name != "interests" or kind.is_model or not isinstance(value, list):
        return value
    return [each.get("name") if isinstance(each, dict) else each for each in value]


def _with_addresses(told: dict[str, Any], model: str) -> dict[str, Any]:
    """Older versions know one e-mail address and one telephone, and whether notices go there."""
    known = models()[model]
    if model.startswith(_SETTINGS) and "emailAddress" in known:
        _move(told, "emailAddress", "emailAddresses", is_wanted=told.pop("receiveEmail", False))
        _move(told, "phoneNumber", "phoneNumbers", is_wanted=told.pop("receiveSms", False))
    elif model.startswith("PatronWithGuardianRequest") and "email" in known:
        told["emailAddress"] = told.pop("email", None)
        _move(told, "emailAddress", "emailAddresses", is_wanted=True)
        _move(told, "phoneNumber", "phoneNumbers", is_wanted=True)
    return told


def _move(told: dict[str, Any], single: str, several: str, *, is_wanted: bool) -> None:
    value = told.pop(single, None)
    told[several] = [{single: value, "receiveNotification": is_wanted}] if value else []


def _fits(sent: object, wanted: Type) -> bool:
    if wanted.name == "string":
        return isinstance(sent, str) and "\x00" not in sent and (not wanted.choices or sent in wanted.choices)
    if wanted.name == "boolean":
        return isinstance(sent, bool)
    if wanted.name == "double":
        return isinstance(sent, int | float) and not isinstance(sent, bool)
    highest = _HIGHEST[wanted.name]
    return isinstance(sent, int) and not isinstance(sent, bool) and -highest <= sent <= highest


def _wrong(field: str, code: str, problems: list[FieldProblem]) -> None:
    problems.append(FieldProblem(field or _WHOLE, code, {}))


def read_body(content: bytes, wanted: Type) -> Any:  # noqa: ANN401 - as `read`
    """A request's body. A bare text or number is taken as it stands, quoted or not: `0101701234` is no JSON."""
    if wanted.name in {"string", "int64", "boolean"} and not wanted.is_list:
        return _read_bare(content, wanted)
    try:
        sent = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequestError("body_not_json") from None
    return read(sent, wanted)


def _read_bare(content: bytes, wanted: Type) -> object:
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise InvalidRequestError("body_not_json") from None
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not text:
        raise InvalidRequestError(problems=[FieldProblem(_WHOLE, "field_missing", {})])
    value: object = text
    if wanted.name == "boolean":
        value = {"true": True, "false": False}.get(text)
    elif wanted.name == "int64":
        value = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(2**63)) else None
    return read(value, wanted) if value is not None else _refuse_bare()


def _refuse_bare() -> object:
    raise InvalidRequestError(problems=[FieldProblem(_WHOLE, "field_wrong_form", {})])
