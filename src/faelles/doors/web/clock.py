"""The time of day as people write and read it."""

import re
from datetime import time
from typing import Final

_CLOCK: Final = re.compile(r"([01]?\d|2[0-4])[:.]?([0-5]\d)?")
_MIDNIGHT: Final = time(23, 59)


def clock_text(at: time) -> str:
    """`18.00`; the last minute of the day is its end."""
    return "24.00" if (at.hour, at.minute) == (23, 59) else f"{at:%H.%M}"


def read_clock(typed: str) -> time | None:
    """`10`, `1000`, `10.00` and `10:00`; midnight is told as the last minute of the day. None for anything else."""
    match = _CLOCK.fullmatch(typed)
    if match is None or (match[1] == "24" and int(match[2] or 0)):
        return None
    return _MIDNIGHT if match[1] == "24" else time(int(match[1]), int(match[2] or 0))
