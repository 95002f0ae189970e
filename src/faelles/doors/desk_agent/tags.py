"""What stands in a library's RFID tag: the starting block of the Danish data model (DS/INF 163), which ISO 28560-3
descends from, and the application family that gates listen for.
"""

import binascii
from typing import Final

import msgspec

SECURED: Final = 0x07
"""The application family of a copy that must not leave (ISO 28560): gates sound for it."""
FREE: Final = 0xC2
"""Of one that may."""

_VERSION: Final = 1
_SHORTEST: Final = 32
"""A tag of 32 bytes leaves out the last two of the owner."""
_WHOLE: Final = 34
_NUMBER: Final = slice(3, 19)
_CHECK: Final = slice(19, 21)
_COUNTRY: Final = slice(21, 23)
_OWNER: Final = slice(23, _WHOLE)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one tag says of its copy: part `part` of `parts`. `owner`: ISIL; empty where none is written."""

    number: str
    part: int
    parts: int
    owner: str = ""


def read(block: bytes) -> Part | None:
    """None for a tag that is no library's, is empty, or was read or written wrongly."""
    if len(block) < _SHORTEST or block[0] >> 4 != _VERSION:
        return None
    whole = block[:_WHOLE].ljust(_WHOLE, b"\0")
    if int.from_bytes(whole[_CHECK], "little") != _check(whole):
        return None
    number = _text(whole[_NUMBER])
    part, parts = whole[2], whole[1]
    if not number or not 1 <= part <= max(parts, 1):
        return None
    country, owner = _text(whole[_COUNTRY]), _text(whole[_OWNER])
    return Part(number=number, part=part, parts=max(parts, 1), owner=f"{country}-{owner}" if owner else "")


def written(part: Part) -> bytes:
    """The starting block of a tag in circulation."""
    country, _, owner = part.owner.partition("-")
    start = bytes([_VERSION << 4 | 1, part.parts, part.part]) + part.number.encode().ljust(16, b"\0")[:16]
    rest = country.encode().ljust(2, b"\0")[:2] + owner.encode().ljust(11, b"\0")[:11]
    return start + _check(start + b"\0\0" + rest).to_bytes(2, "little") + rest


def _check(whole: bytes) -> int:
    """CRC-16 (CCITT, beginning with all ones) over everything but itself."""
    return binascii.crc_hqx(whole[: _CHECK.start] + whole[_CHECK.stop :], 0xFFFF)


def _text(field: bytes) -> str:
    text = field.partition(b"\0")[0]
    return text.decode() if text.isascii() else ""
