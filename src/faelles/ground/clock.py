"""The one place that asks what time it is, and what follows from a moment or a day."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@lru_cache(maxsize=256)
def local_date(moment: datetime, zone: str) -> date:
    """The calendar day that `moment` falls on for somebody standing in `zone` (IANA name). Remembered, because what
    decides about many loans asks it of one moment for each.
    """
    return moment.astimezone(ZoneInfo(zone)).date()


def age_on(born: date, day: date) -> int:
    """Whole years. Somebody born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
