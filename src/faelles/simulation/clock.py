"""A clock that whoever lives here turns."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


class TurnedClock:
    """Never turned back: an hour that comes twice is gone through once."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def turn_to(self, day: date, hour: time, zone: str) -> None:
        self.now = max(self.now, datetime.combine(day, hour, ZoneInfo(zone)).astimezone(UTC))
