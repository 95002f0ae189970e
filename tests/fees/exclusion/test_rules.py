from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

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


@pytest.mark.parametrize(
    ("standing", "owed", "expected"),
    [(25_000, 25_000, Standing.UNTOLD), (19_999, 19_999, Standing.SETTLED), (25_000, 0, Standing.SETTLED)],
)
def test_a_letter_that_reached_nobody_excludes_nobody(standing, owed, expected):
    untold = structs.replace(notice(standing, owed), excludes_on=None)
    assert rules.standing(untold, EXCLUDES) is expected
    assert rules.exclusion_in([untold], LIBRARY, EXCLUDES + timedelta(days=900)) is None


@pytest.mark.parametrize(("days", "needed"), [(0, False), (29, False), (30, True)])
def test_whom_a_letter_has_not_reached_in_a_month_is_written_to_again(days, needed):
    untold = structs.replace(notice(), excludes_on=None)
    assert rules.needs_notice(25_000, 20_000, [untold], NOTICED + timedelta(days=days)) is needed


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
