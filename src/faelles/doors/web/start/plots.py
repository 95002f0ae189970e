"""Numbers as bars: where each bar stands in a picture of fixed proportions, which the page writes as SVG."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

WIDTH: Final = 400
HEIGHT: Final = 190
_LEFT: Final = 34
_TOP: Final = 24
_FOOT: Final = 28
_GAP: Final = 0.25
"""Of a bar's place, what is left free."""
_STEPS: Final = (1, 2, 5)


class Bar(msgspec.Struct, frozen=True):
    """`label` stands below, `number` above. Lengths are in the picture's own units."""

    label: str
    number: int
    x: float
    y: float
    width: float
    height: float
    is_marked: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


class Line(msgspec.Struct, frozen=True):
    """A line across, and the number it stands for."""

    number: int
    y: float


class Plot(msgspec.Struct, frozen=True):
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    foot: int = HEIGHT - _FOOT


def plot(numbers: Sequence[tuple[str, int]], *, marked: str = "") -> Plot:
    """Bars in the order given, the one labelled `marked` standing out."""
    top = _top(max((number for _, number in numbers), default=0))
    room, place = HEIGHT - _TOP - _FOOT, (WIDTH - _LEFT) / max(len(numbers), 1)
    bars = tuple(
        Bar(
            label=label,
            number=number,
            x=round(_LEFT + place * (index + _GAP / 2), 1),
            y=round(_TOP + room * (1 - number / top), 1),
            width=round(place * (1 - _GAP), 1),
            height=round(room * number / top, 1),
            is_marked=label == marked,
        )
        for index, (label, number) in enumerate(numbers)
    )
    lines = tuple(Line(number, round(_TOP + room * (1 - number / top), 1)) for number in (0, top // 2, top))
    return Plot(bars, lines if top > 1 else lines[::2], sum(number for _, number in numbers))


def _top(highest: int) -> int:
    """A round and even number not below the highest: 2, 6, 10, 20, 50, 100 ..."""
    if highest <= 1:
        return 2
    power = int(10 ** math.floor(math.log10(highest)))
    fitting = [step * power for step in (*_STEPS, 10) if step * power >= highest]
    return fitting[0] + fitting[0] % 2
