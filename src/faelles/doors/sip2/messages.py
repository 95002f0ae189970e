"""The messages, as `data/messages.toml` defines them: one table, one parser, one formatter.

Requests may have their fields in any order, unknown ones and stray delimiters among them; answers are written in the
order of the document.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

DELIMITER = "|"
Fixed = Mapping[str, str]
Values = Mapping[str, str | list[str]]
"""The fields to send, by identifier: one value, or for a field that repeats as many as there are."""

_MARKS = "+?~"
_CODE_LENGTH = 2


class MalformedMessageError(Exception):
    """Bytes that are no message."""


class UnknownCommandError(Exception):
    """A message with a code that the document does not have."""


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    identifier: str
    is_required: bool
    repeats: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """One kind of message. `answer` is the code of the message that answers it."""

    code: str
    name: str
    fixed: tuple[tuple[str, int], ...]
    fields: tuple[FieldDefinition, ...]
    order: tuple[str, ...]
    """The identifiers of `fields`."""
    answer: str | None
    length: int
    """Of the fixed part, without the code."""
    first: re.Pattern[str] | None
    """Where the fields begin, for a message whose fixed part has not the length it should have."""


@dataclass(slots=True, repr=False)
class Message:
    """A message that was read. A field that came twice has both values. It never shows itself, for what is in it."""

    definition: Definition
    fixed: dict[str, str]
    fields: dict[str, list[str]] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.definition.code

    def get(self, identifier: str) -> str:
        """The first value of a field; empty where it was not sent."""
        found = self.fields.get(identifier)
        return found[0] if found else ""

    @property
    def missing(self) -> list[str]:
        """The required fields that were not sent at all; sent empty is sent."""
        return [
            each.identifier
            for each in self.definition.fields
            if each.is_required and each.identifier not in self.fields
        ]


def _load() -> tuple[dict[str, Definition], dict[str, str]]:
    source = resources.files("faelles.doors.sip2") / "data" / "messages.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return {code: _definition(code, **each) for code, each in data["message"].items()}, data["field"]


def _definition(code: str, *, name: str, fixed: str = "", fields: str = "", answer: str | None = None) -> Definition:
    parts = tuple((part, int(width)) for part, _, width in (each.partition(":") for each in fixed.split()))
    known = tuple(
        FieldDefinition(each.strip(_MARKS + "*"), each.startswith("+"), each.endswith("*")) for each in fields.split()
    )
    begins = "|".join(each.identifier for each in known if each.is_required)
    return Definition(
        code=code,
        name=name,
        fixed=parts,
        fields=known,
        order=tuple(each.identifier for each in known),
        answer=answer,
        length=sum(width for _, width in parts),
        first=re.compile(f"(?:{begins})") if begins else None,
    )


DEFINITIONS, FIELD_NAMES = _load()


def parse(text: str) -> Message:
    """Read a message without its trailer. Raises UnknownCommandError, MalformedMessageError."""
    definition = DEFINITIONS.get(text[:_CODE_LENGTH])
    if definition is None:
        if not text[:_CODE_LENGTH].isdecimal():
            raise MalformedMessageError
        raise UnknownCommandError(text[:_CODE_LENGTH])
    begin = _begin(definition, text)
    message = Message(definition, _fixed(definition, text[_CODE_LENGTH:begin]))
    for part in text[begin:].split(DELIMITER):
        if len(part) >= _CODE_LENGTH:
            message.fields.setdefault(part[:_CODE_LENGTH], []).append(part[_CODE_LENGTH:])
    return message


def _begin(definition: Definition, text: str) -> int:
    """Where the fields begin. Some clients put more into the fixed part than there is room for, or less: then the first
    required field says where it ends.
    """
    end = _CODE_LENGTH + definition.length
    ends_there = len(text) == end or text.startswith(DELIMITER, end) or text[end : end + _CODE_LENGTH] in FIELD_NAMES
    if ends_there and text.find(DELIMITER, 0, end) < 0:
        return end
    found = definition.first.search(text, _CODE_LENGTH) if definition.first else None
    return found.start() if found else min(end, len(text))


def _fixed(definition: Definition, text: str) -> dict[str, str]:
    """The fixed part by names: of one that is too long the end, of one that is too short what there is."""
    if len(text) != definition.length:
        text = text[-definition.length :] if len(text) > definition.length > 0 else text.ljust(definition.length)
    values, at = {}, 0
    for name, width in definition.fixed:
        values[name] = text[at : at + width]
        at += width
    return values


def write(code: str, fixed: Fixed, values: Values) -> str:
    """A message without its trailer. The values must be fit to be sent (`text.fitting`); what is in `values` and not in
    the definition is not sent.
    """
    definition = DEFINITIONS[code]
    parts = [code]
    for name, width in definition.fixed:
        part = fixed[name]
        parts.append(part if len(part) == width else part[:width].ljust(width))
    for identifier in definition.order:
        sent = values.get(identifier)
        if sent is None:
            continue
        if isinstance(sent, str):
            parts += (identifier, sent, DELIMITER)
        elif sent:
            parts += (identifier, f"{DELIMITER}{identifier}".join(sent), DELIMITER)
    return "".join(parts)


def required(code: str) -> dict[str, str]:
    """The required fields of a message, empty: what an answer that has nothing to say must carry all the same."""
    return {each.identifier: "" for each in DEFINITIONS[code].fields if each.is_required}
