"""Two kinds of pictures as SVG, small enough to be drawn by hand: columns in a row, and lines over time. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 900, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 20, 44, 60
_ACROSS, _UP = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
_INKS: Final = ("#1f4e79", "#b8860b", "#2e7d32", "#8e2457", "#555555")
_MOST_LABELS: Final = 14
_STEPS: Final = (1, 2, 5)


def columns(title: str, bars: Sequence[tuple[str, float]], unit: str) -> str:
    """A column for each of `bars`, named below it, with its figure above."""
    top = _round_top(max((value for _, value in bars), default=0))
    width = _ACROSS / max(len(bars), 1)
    parts = [*_frame(title, unit, top)]
    for place, (name, value) in enumerate(bars):
        left, high = _LEFT + place * width + width * 0.12, _UP * value / top
        middle = left + width * 0.38
        parts.append(
            f'<rect x="{left:.1f}" y="{_TOP + _UP - high:.1f}" width="{width * 0.76:.1f}" height="{high:.1f}"'
            f' fill="{_INKS[0]}"/>'
        )
        parts.append(_text(middle, _TOP + _UP - high - 5, f"{value:,.0f}"))
        parts.append(_text(middle, _TOP + _UP + 18, name))
    return _drawn(parts)


def lines(title: str, moments: Sequence[str], series: Sequence[tuple[str, Sequence[float]]], unit: str) -> str:
    """A line for each of `series`, whose figures are of `moments`, in order."""
    top = _round_top(max((value for _, values in series for value in values), default=0))
    step = _ACROSS / max(len(moments) - 1, 1)
    parts = [*_frame(title, unit, top)]
    every = -(-len(moments) // _MOST_LABELS)
    parts += [
        _text(_LEFT + place * step, _TOP + _UP + 18, moment)
        for place, moment in enumerate(moments)
        if place % every == 0
    ]
    for number, (name, values) in enumerate(series):
        ink = _INKS[number % len(_INKS)]
        points = " ".join(
            f"{_LEFT + place * step:.1f},{_TOP + _UP - _UP * value / top:.1f}" for place, value in enumerate(values)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="2"/>')
        parts.append(_text(_LEFT + 10 + number * 170, _HEIGHT - 12, f"— {name}", ink=ink, anchor="start"))
    return _drawn(parts)


def _frame(title: str, unit: str, top: float) -> Iterator[str]:
    """The heading, and a scale of quarters."""
    yield _text(_LEFT, 22, title, anchor="start", size=16)
    for quarter in range(5):
        height = _TOP + _UP - _UP * quarter / 4
        yield f'<line x1="{_LEFT}" y1="{height:.1f}" x2="{_WIDTH - _RIGHT}" y2="{height:.1f}" stroke="#dddddd"/>'
        yield _text(_LEFT - 8, height + 4, f"{top * quarter / 4:g}", anchor="end")
    yield _text(_LEFT, _TOP - 8, unit, anchor="start")


def _text(x: float, y: float, words: str, *, ink: str = "#222222", anchor: str = "middle", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{ink}">{escape(words)}</text>'
    )


def _drawn(parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
        ' font-family="sans-serif">\n<rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, *parts, "</svg>\n"])


def _round_top(highest: float) -> float:
    """The least of 4, 8, 20, 40, 80, 200 ... that is enough: quarters of it are whole."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * 4 >= highest:
                return step * power * 4
        power *= 10
