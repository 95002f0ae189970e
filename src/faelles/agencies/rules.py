"""What can be wrong with a request about agencies and placements. Every problem is listed, not just the first."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from faelles.agencies import holiday_calendar
from faelles.agencies.model import (
    FoundAgency,
    NewPlacement,
)
from faelles.ground.errors import FieldProblem
from faelles.ground.fields import is_plausible


def agency_problems(request: FoundAgency) -> list[FieldProblem]:
    problems = []
    if not _is_time_zone(request.time_zone):
        problems.append(FieldProblem("time_zone", "time_zone_unknown", {"time_zone": request.time_zone}))
    if not holiday_calendar.is_known(request.holiday_calendar):
        problems.append(
            FieldProblem("holiday_calendar", "holiday_calendar_unknown", {"calendar": request.holiday_calendar})
        )
    return problems


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown; not a name at all; a folder of names
        return False
    return True


def day_problems(field: str, day: date) -> list[FieldProblem]:
    return [] if is_plausible(day) else [FieldProblem(field, "day_implausible", {})]


def placement_problems(placements: Sequence[NewPlacement]) -> list[FieldProblem]:
    """A level may only stand below one that is given; the department itself must be."""
    return [
        FieldProblem(f"placements.{number}", "placement_level_missing", {})
        for number, placement in enumerate(placements)
        if _has_gap((placement.department, placement.location, placement.sublocation, placement.section))
    ]


def _has_gap(levels: tuple[str | None, ...]) -> bool:
    return levels[0] is None or any(above is None and below is not None for above, below in pairwise(levels))
