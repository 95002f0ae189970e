from datetime import UTC, date, datetime

import pytest

from faelles.ground.clock import age_on, local_date, utc_now


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), "Europe/Copenhagen", date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), "Europe/Copenhagen", date(2026, 7, 2)),
        (datetime(2026, 1, 1, 22, 59, tzinfo=UTC), "Europe/Copenhagen", date(2026, 1, 1)),
        (datetime(2026, 1, 1, 23, 0, tzinfo=UTC), "Europe/Copenhagen", date(2026, 1, 2)),
        (datetime(2026, 1, 1, 1, 0, tzinfo=UTC), "America/Nuuk", date(2025, 12, 31)),
    ],
)
def test_the_day_is_the_one_where_the_branch_stands(moment, zone, day):
    assert local_date(moment, zone) == day


def test_now_is_aware_and_utc():
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "age"),
    [
        (date(2007, 2, 28), 2),
        (date(2007, 3, 1), 3),
        (date(2008, 2, 28), 3),
        (date(2008, 2, 29), 4),
        (date(2004, 2, 29), 0),
    ],
)
def test_who_is_born_on_29_february_is_a_year_older_on_1_march(day, age):
    assert age_on(date(2004, 2, 29), day) == age
