from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.fees.exclusion import rules
from faelles.fees.exclusion.model import Notice, Standing
from faelles.ground.ids import DivisionId
from faelles.ground.money import Ore

NOTICED, EXCLUDES = date(2026, 3, 2), date(2026, 3, 10)
LIBRARY, SCHOOLS = DivisionId(1), DivisionId(2)


def notice(standing: int = 25_000, owed: int = 25_000, division: DivisionId = LIBRARY) -> Notice:
    return Notice(
        division=division,
        noticed_on=NOTICED,
        excludes_on=EXCLUDES,
        limit_ore=Ore(20_000),
        standing_ore=Ore(standing),
        owed_ore=Ore(owed),
        rule=None,
    )


@pytest.mark.parametrize(
    ("day", "standing", "owed", "expected"),
    [
        (NOTICED, 25_000, 25_000, Standing.RUNNING),
        (EXCLUDES - timedelta(days=1), 25_000, 25_000, Standing.RUNNING),
        (EXCLUDES, 25_000, 25_000, Standing.EXCLUDES),
        (EXCLUDES, 20_000, 20_000, Standing.EXCLUDES),
        (EXCLUDES, 19_999, 19_999, Standing.SETTLED),
        (EXCLUDES + timedelta(days=900), 25_000, 1, Standing.EXCLUDES),
        (EXCLUDES + timedelta(days=900), 25_000, 0, Standing.SETTLED),
        (NOTICED, 0, 0, Standing.SETTLED),
    ],
)
def test_what_a_notice_does_follows_from_the_day_and_the_debt(day, standing, owed, expected):
    assert rules.standing(notice(standing, owed), day) is expected


@pytest.mark.parametrize(("late", "moved"), [(0, 0), (1, 1), (5, 5), (30, 30)])
def test_written_notice_is_given_when_it_is_sent(late, moved):
    told_on = NOTICED + timedelta(days=late)
    assert rules.put_off(EXCLUDES, 8, told_on) == EXCLUDES + timedelta(days=moved)
    assert rules.put_off(EXCLUDES + timedelta(days=90), 8, told_on) == EXCLUDES + timedelta(days=90)


def test_an_exclusion_stays_in_its_division():
    assert rules.exclusion_in([notice()], LIBRARY, EXCLUDES) == notice()
    assert rules.exclusion_in([notice()], SCHOOLS, EXCLUDES) is None


@pytest.mark.parametrize(
    ("balance", "limit", "notices", "day", "needed"),
    [
        (20_000, 20_000, [], EXCLUDES, True),
        (19_999, 20_000, [], EXCLUDES, False),
        (90_000, None, [], EXCLUDES, False),
        (25_000, 20_000, [notice()], NOTICED, False),
        (25_000, 20_000, [notice()], EXCLUDES, False),
        (25_000, 20_000, [notice(owed=0)], EXCLUDES, True),
        (25_000, 20_000, [notice(5_000, 5_000)], EXCLUDES, True),
    ],
)
def test_one_letter_is_enough_until_its_debt_is_settled(balance, limit, notices, day, needed):
    assert rules.needs_notice(balance, limit, notices, day) is needed


amounts = st.integers(0, 60_000)


@given(amounts, amounts, st.integers(-20, 60))
def test_nobody_is_excluded_who_owes_nothing_or_has_time_left(standing, owed, days):
    day = EXCLUDES + timedelta(days=days)
    excluded = rules.exclusion_in([notice(standing, owed)], LIBRARY, day) is not None
    assert excluded <= (owed > 0 and days >= 0)


@given(amounts, amounts, st.integers(0, 60), st.integers(0, 60))
def test_waiting_alone_never_lifts_an_exclusion(standing, owed, days, longer):
    then, later = (EXCLUDES + timedelta(days=days + more) for more in (0, longer))
    found = [notice(standing, owed)]
    assert rules.exclusion_in(found, LIBRARY, then) == rules.exclusion_in(found, LIBRARY, later)
