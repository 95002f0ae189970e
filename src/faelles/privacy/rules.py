"""When something personal is over its limit."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from faelles.privacy.model import Unit


def kept_since(day: date, number: int, unit: Unit, zone: str) -> datetime:
    """What began to run out before this moment is over on `day`: midnight, where the agency is, so many whole days or
    years before.
    """
    earlier = day - timedelta(days=number) if unit is Unit.DAYS else _years_before(day, number)
    return datetime.combine(earlier, time(), ZoneInfo(zone))


def _years_before(day: date, years: int) -> date:
    """The same day of that year; for 29 February the last day of the month."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
