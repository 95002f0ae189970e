"""Until when is it kept? Pure."""

from datetime import date, timedelta

from faelles.agencies.directory import AgencyDirectory
from faelles.ground.ids import BranchId
from faelles.policies.compiled import Terms
from faelles.policies.knobs import PICKUP_CALENDAR, PICKUP_DAYS, PICKUP_ROLLOVER, DueRollover


def pickup_deadline(ready_on: date, terms: Terms, directory: AgencyDirectory, pickup: BranchId) -> date:
    """The last day a hold that is ready on `ready_on` is kept at `pickup`. It never falls on a day when nobody could
    come, unless the rule says so; where no open day is in sight it is the day the period ends.
    """
    calendar = directory.calendar(pickup, terms[PICKUP_CALENDAR].value)
    rollover, days = terms[PICKUP_ROLLOVER].value, terms[PICKUP_DAYS].value
    if rollover is DueRollover.COUNT_OPEN_DAYS:
        day = ready_on
        for _ in range(days):
            day = calendar.next_open_day(day + timedelta(days=1)) or day + timedelta(days=1)
        return day
    day = ready_on + timedelta(days=days)
    return day if rollover is DueRollover.NONE else calendar.next_open_day(day) or day
