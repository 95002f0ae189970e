"""Text on the line: in the machine's encoding, without what would break a message, never longer than a field may be."""

import unicodedata
from functools import lru_cache

from anyascii import anyascii

from faelles.people.machines.terminal import Encoding

LONGEST_FIELD = 255
"""In bytes, by the document."""

_DANISH = {"å": "aa", "Å": "Aa", "ø": "oe", "Ø": "Oe", "æ": "ae", "Æ": "Ae", "€": "EUR"}
"""Where an encoding lacks them; other letters as they sound in Latin ones."""


def decode(line: bytes, encoding: Encoding) -> str:
    """What a machine sent. What is no text in its encoding becomes a sign that stands for nothing; control characters
    are left out.
    """
    text = line.decode(encoding.value, "replace")
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def tidy(value: str) -> str:
    """A value that can stand between two delimiters: no `|`, no end of line, no control character, no half letter."""
    if value.isprintable() and "|" not in value:
        return value
    kept = (character if character.isprintable() else _in_place_of(character) for character in value)
    return "".join(kept).replace("|", "").strip()


def _in_place_of(character: str) -> str:
    """Tabs, line ends and odd spaces part words; other control characters are nothing."""
    return " " if character.isspace() else ""


def encode(value: str, encoding: Encoding) -> bytes:
    """A whole message as bytes: what the encoding lacks is written as it sounds."""
    try:
        return value.encode(encoding.value)
    except UnicodeEncodeError:
        composed = unicodedata.normalize("NFC", value)
        return b"".join(_letter(character, encoding) for character in composed)


@lru_cache(maxsize=4096)
def _letter(character: str, encoding: Encoding) -> bytes:
    try:
        return character.encode(encoding.value)
    except UnicodeEncodeError:
        plain = _DANISH.get(character) or _unaccented(character) or anyascii(character)
        return plain.replace("|", "").encode("ascii", "replace") or b"?"


def _unaccented(character: str) -> str:
    """A letter less its accents, where that leaves an ASCII letter."""
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() and base.isalnum() else ""


def fitting(value: str, encoding: Encoding) -> str:
    """A tidy value of at most LONGEST_FIELD bytes; a character is never split."""
    clean = tidy(value)
    if clean.isascii():
        return clean[:LONGEST_FIELD]
    encoded = encode(clean, encoding)
    if len(encoded) <= LONGEST_FIELD:
        return clean
    return encoded[:LONGEST_FIELD].decode(encoding.value, "ignore")


def all_fitting(values: list[str], encoding: Encoding) -> list[str]:
    """`fitting` for a list. Most have nothing but numbers in them, which is seen in one go."""
    told = "".join(values)
    if told.isascii() and tidy(told) == told and max(map(len, values), default=0) <= LONGEST_FIELD:
        return values
    return [fitting(each, encoding) for each in values]


def lines(value: str, width: int | None) -> list[str]:
    """A text as lines of at most `width` characters, broken between words where it can be."""
    if width is None or len(value) <= width:
        return [value]
    found, line = [], ""
    for word in value.split():
        if line and len(line) + 1 + len(word) > width:
            found.append(line)
            line = ""
        line = f"{line} {word}".strip()
        while len(line) > width:
            found.append(line[:width])
            line = line[width:]
    return [*found, line] if line else found
