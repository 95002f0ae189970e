"""What of somebody who asks to be erased the law keeps, and until when."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from faelles.ground.ids import AccountId
from faelles.privacy.erasing.model import Kept, Tie


def refusals(ties: Sequence[str]) -> list[Tie]:
    """Those of a patron's ties that stand against an erasure the patron asks for."""
    return [tie for tie in Tie if tie in ties]


def book_keeping_ends(year_ended_at: datetime, years: int, zone: str) -> datetime:
    """The end of so many full book-keeping years after the one that ended then."""
    local = year_ended_at.astimezone(ZoneInfo(zone))
    return local.replace(year=local.year + years)


def kept_of(accounts: Sequence[tuple[AccountId, datetime]], looks_until: datetime, zone: str) -> tuple[Kept, ...]:
    """What stays: whose the accounts were, each until that moment, and the log of looks under a number of nobody's."""
    local = ZoneInfo(zone)
    looks = Kept(entry="access_log", why="kept_security", until=looks_until.astimezone(local).date())
    if not accounts:
        return (looks,)
    last = max(until for _, until in accounts).astimezone(local).date() - timedelta(days=1)
    return (Kept(entry="bookkeeping_names", why="kept_bookkeeping", until=last), looks)
