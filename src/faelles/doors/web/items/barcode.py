"""Barcodes of item numbers: Interleaved 2 of 5 (ISO/IEC 16390), as bars for a drawing. Pure."""

from itertools import chain
from typing import Final

_WIDE: Final = 3
"""Times a narrow bar."""
_PATTERNS: Final = ("00110", "10001", "01001", "11000", "00101", "10100", "01100", "00011", "10010", "01010")
"""Which of a digit's five elements are wide."""
_START: Final = (1, 1, 1, 1)
_STOP: Final = (_WIDE, 1, 1)
_QUIET: Final = 10
"""Nothing beside it for so long."""


def bars(digits: str) -> tuple[tuple[int, int], ...]:
    """Where each bar begins and how wide it is, in narrow elements. `digits`: an even number of them."""
    pairs = zip(digits[::2], digits[1::2], strict=True)
    elements = [*_START, *chain.from_iterable(_pair(*pair) for pair in pairs), *_STOP]
    found, at = [], _QUIET
    for place, width in enumerate(elements):
        if place % 2 == 0:
            found.append((at, width))
        at += width
    return tuple(found)


def width(digits: str) -> int:
    """Of the whole, with the quiet zones."""
    at, last = bars(digits)[-1]
    return at + last + _QUIET


def _pair(black: str, white: str) -> list[int]:
    """The first digit in the bars, the second in the spaces between."""
    both = zip(_PATTERNS[int(black)], _PATTERNS[int(white)], strict=True)
    return [_WIDE if element == "1" else 1 for element in chain.from_iterable(both)]
