"""Until when a hold is kept, by the calendar of the branch it is picked up at."""

from datetime import date
from types import MappingProxyType, SimpleNamespace

import pytest

from faelles.agencies.calendar import Calendar, ExceptionalDay
from faelles.circulation.shelf.rules import pickup_deadline
from faelles.policies.knobs import PICKUP_CALENDAR, PICKUP_DAYS, PICKUP_ROLLOVER, DueRollover

MONDAY = date(2027, 3, 1)
CLOSED_ON = {date(2027, 3, 7): ExceptionalDay(is_open=False), date(2027, 3, 8): ExceptionalDay(is_open=False)}
CALENDAR = Calendar(exceptions=MappingProxyType(CLOSED_ON))
DIRECTORY = SimpleNamespace(calendar=lambda *_: CALENDAR)


def deadline(days, rollover):
    values = {PICKUP_DAYS: days, PICKUP_ROLLOVER: rollover, PICKUP_CALENDAR: "staffed"}
    terms = {knob: SimpleNamespace(value=value) for knob, value in values.items()}
    return pickup_deadline(MONDAY, terms, DIRECTORY, 1)


@pytest.mark.parametrize(
    ("days", "rollover", "last"),
    [
        (3, DueRollover.NEXT_OPEN_DAY, date(2027, 3, 4)),
        (6, DueRollover.NEXT_OPEN_DAY, date(2027, 3, 9)),
        (6, DueRollover.NONE, date(2027, 3, 7)),
        (6, DueRollover.COUNT_OPEN_DAYS, date(2027, 3, 9)),
        (7, DueRollover.COUNT_OPEN_DAYS, date(2027, 3, 10)),
    ],
)
def test_the_deadline_falls_on_a_day_when_somebody_can_come(days, rollover, last):
    assert deadline(days, rollover) == last
