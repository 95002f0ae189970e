"""What a class is called, and when."""

import re
from datetime import date

SUMMER = 8
"""The school year turns on 1 August (Folkeskoleloven § 14 a)."""
LAST_GRADE = 10

_NAME = re.compile(r"\s*(\d{1,2})\s*[.\s-]?\s*([A-Za-zÆØÅæøå][A-Za-zÆØÅæøå0-9 _-]{0,39}?)\s*")


def school_year(day: date) -> int:
    """The calendar year in which the school year of `day` began."""
    return day.year if day.month >= SUMMER else day.year - 1


def class_name(starting_year: int, track: str, on: date) -> str:
    """`7.B`; before grade 0 and after grade 10 the year the class started in says which it is: `B (2031)`."""
    grade = school_year(on) - starting_year
    return f"{grade}.{track}" if 0 <= grade <= LAST_GRADE else f"{track} ({starting_year})"


def read_class_name(text: str) -> tuple[int, str] | None:
    """Grade and track of `7.B`, `7b`, `7 B`, `0.Blå`; None for a name that says no grade."""
    match = _NAME.fullmatch(text)
    if match is None or int(match[1]) > LAST_GRADE:
        return None
    return int(match[1]), as_track(match[2])


def as_track(typed: str) -> str:
    """How a track is kept, so that `b` and `B` are one."""
    return typed.upper() if len(typed) == 1 else typed
