"""The one place that asks what time it is."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

LATEST_YEAR = 2200
"""No loan, rule or membership reaches further; a date beyond it is a slip of the finger."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day that `moment` falls on for somebody standing in `zone` (IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()
