"""A message as it may be kept or shown: secrets and whatever says who somebody is, or what they read, behind asterisks.

What is shown is listed, not what is hidden: a field that nobody thought of is hidden. A hidden value keeps its length
up to a bound, so that a card with a digit too few can be seen for what it is; a secret does not.
"""

import re
from typing import Final

from faelles.doors.sip2.messages import DEFINITIONS, DELIMITER, FIELD_NAMES

_SECRET: Final = frozenset({"AC", "AD", "CO"})
_NUMBERS_SHOWN: Final = frozenset({"AB", "AH", "AZ", "BG", "BK", "BW", "CG", "CJ", "CM", "PA"})
"""Copies, days and transactions: long numbers that are nobody's."""
_SHOWN: Final = {
    "AF", "AJ", "AM", "AN", "AO", "AP", "AQ", "AY", "BH", "BI", "BL", "BO", "BP", "BQ", "BR", "BS", "BT", "BV", "BX",
    "BY", "BZ", "CA", "CB", "CC", "CF", "CH", "CI", "CK", "CL", "CN", "CP", "CQ", "CR", "CS", "CT", "CV", "PC",
}  # fmt: skip
_LONG_NUMBER: Final = re.compile(r"\d[\d -]{6,}\d")
"""A card or a CPR number where none belongs."""
_FLAGS_AND_DATES: Final = re.compile(r"[0-9YNZ .*+-]*")
_LONGEST: Final = 20
_CODE: Final = 2


def hidden(message: str) -> str:
    """The message with everything hidden that must be, sound or not."""
    head, *fields = message.split(DELIMITER)
    return _visible(DELIMITER.join([_head(head), *map(_field, fields)]))


def _head(head: str) -> str:
    """Code, fixed part and, if there is one, the first field."""
    definition = DEFINITIONS.get(head[:_CODE])
    if definition is None:
        return head[:_CODE] + _asterisks(head[_CODE:])
    end = _CODE + definition.length
    if len(head) == end or head[end : end + _CODE] in FIELD_NAMES:
        return head[:end] + _field(head[end:])
    # Not the length it should have: what is in it may be anything.
    found = definition.first.search(head, _CODE) if definition.first else None
    begin = found.start() if found else len(head)
    fixed = head[_CODE:begin]
    shown = _LONG_NUMBER.sub(_stars, fixed) if _FLAGS_AND_DATES.fullmatch(fixed) else _asterisks(fixed)
    return head[:_CODE] + shown + _field(head[begin:])


def _field(field: str) -> str:
    name, value = field[:_CODE], field[_CODE:]
    if name in _NUMBERS_SHOWN:
        return field
    if name in _SHOWN:
        return name + _LONG_NUMBER.sub(_stars, value)
    if name in _SECRET:
        return name + ("***" if value else "")
    return (name if name in FIELD_NAMES else "*" * len(name)) + _asterisks(value)


def _stars(found: re.Match[str]) -> str:
    return _asterisks(found[0])


def _asterisks(value: str) -> str:
    return "*" * min(len(value), _LONGEST)


def _visible(text: str) -> str:
    """Without the control characters that PostgreSQL does not take, or a terminal obeys."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
