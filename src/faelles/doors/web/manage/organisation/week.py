"""A week as people write it: a line a day, `10-18`, or `10.00-12.00, 14.00-18.00` where a branch opens twice. Pure."""

import re
from collections.abc import Mapping
from datetime import time
from itertools import pairwise
from typing import Final

from faelles.agencies.opening.model import OpeningHours, WeekdayHours
from faelles.doors.web.clock import clock_text, read_clock
from faelles.ground.errors import FieldProblem, InvalidRequestError

_WEEKDAYS: Final = range(1, 8)
_BETWEEN_TIMES: Final = re.compile(r"\s*(?:[-\N{EN DASH}\N{EM DASH}]|\btil\b|\bto\b)\s*")
_BETWEEN_OPENINGS: Final = re.compile(r"\s*(?:[,;+/&]|\bog\b|\band\b)\s*")


def typed_week(days: Mapping[int, list[OpeningHours]]) -> dict[str, str]:
    """What stands in the form for the week: `day_1` of Monday to `day_7`; a closed day has nothing."""
    return {
        f"day_{weekday}": ", ".join(f"{clock_text(each.opens)}-{clock_text(each.closes)}" for each in hours)
        for weekday, hours in days.items()
    }


def read_week(lines: Mapping[str, str]) -> tuple[WeekdayHours, ...]:
    """The openings of all days, in their order. Raises InvalidRequestError naming every day that is none."""
    problems: list[FieldProblem] = []
    week: list[WeekdayHours] = []
    for weekday in _WEEKDAYS:
        line = lines.get(f"day_{weekday}", "").strip()
        hours = read_day(line) if line else []
        if code := _trouble(hours):
            problems.append(FieldProblem(f"day_{weekday}", code, {}))
        else:
            week += [WeekdayHours(weekday=weekday, opens=opens, closes=closes) for opens, closes in hours or []]
    if problems:
        raise InvalidRequestError(problems=problems)
    return tuple(week)


def read_day(line: str) -> list[tuple[time, time]] | None:
    """When it opens and closes, earliest first; None where that cannot be made out."""
    hours = []
    for opening in _BETWEEN_OPENINGS.split(line.strip().lower()):
        opens, *rest = (read_clock(at) for at in _BETWEEN_TIMES.split(opening))
        if opens is None or len(rest) != 1 or rest[0] is None:
            return None
        hours.append((opens, rest[0]))
    return sorted(hours)


def _trouble(hours: list[tuple[time, time]] | None) -> str:
    """Why a day cannot be that way; empty where it can."""
    if hours is None:
        return "web_hours_malformed"
    if any(closes <= opens for opens, closes in hours):
        return "closes_before_opens"
    overlap = any(later[0] < earlier[1] for earlier, later in pairwise(hours))
    return "hours_overlap" if overlap else ""
