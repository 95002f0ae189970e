"""The 18 characters of a SIP2 date: YYYYMMDD, four for the zone, HHMMSS."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_FORM = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(.{4})([0-9]{2})([0-9]{2})([0-9]{2})")
_LOCAL = "    "
_END_OF_DAY = f"{_LOCAL}235900"
_MILITARY = {
    **{letter: hours for hours, letter in enumerate("ABCDEFGHIKLM", start=1)},
    **{letter: -hours for hours, letter in enumerate("NOPQRSTUVWXY", start=1)},
}
"""A is an hour east of Greenwich, N an hour west; J is wherever one is."""


def parse(text: str, here: tzinfo) -> datetime | None:
    """The moment (UTC), or None for blanks and for what is no date. Local time is that of `here`; of the hour that
    comes twice in autumn the first is meant.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    zone = _zone(found[4], here)
    year, month, day, hour, minute, second = (int(found[group]) for group in (1, 2, 3, 5, 6, 7))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str, here: tzinfo) -> tzinfo:
    letter = text.strip().upper()
    if letter in {"Z", "UTC"}:
        return UTC
    offset = _MILITARY.get(letter)
    return here if offset is None else timezone(timedelta(hours=offset))


def show(moment: datetime, here: tzinfo) -> str:
    """The moment in local time."""
    return _shown(moment.replace(microsecond=0), here)


@lru_cache(maxsize=64)
def _shown(moment: datetime, here: tzinfo) -> str:
    local = moment.astimezone(here)
    return (
        f"{local.year:04d}{local.month:02d}{local.day:02d}{_LOCAL}{local.hour:02d}{local.minute:02d}{local.second:02d}"
    )


def end_of(day: date) -> str:
    """The last minute of a day, as a due date is meant."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}{_END_OF_DAY}"
