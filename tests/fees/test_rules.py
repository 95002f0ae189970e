from datetime import date, timedelta
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.agencies.calendar import Calendar, ExceptionalDay
from faelles.fees import rules
from faelles.fees.model import AgeClass, BatchClaim, ChargeKind, ClaimFacts
from faelles.ground.ids import AccountId, ChargeId, DivisionId, PatronId
from faelles.ground.money import Ore
from faelles.policies.knobs import OverdueDays

days = st.integers(-400, 4_000)
amounts = st.integers(0, 100_000).map(Ore)
tariffs = st.tuples(amounts, amounts, amounts)
ADULT = (Ore(2_000), Ore(12_000), Ore(23_000))


@pytest.mark.parametrize(("late", "step"), [(-3, 0), (0, 0), (1, 1), (7, 1), (8, 2), (30, 2), (31, 3), (4_000, 3)])
def test_steps_begin_on_day_1_8_and_31(late, step):
    assert rules.overdue_step(late) == step


@pytest.mark.parametrize(("late", "fee"), [(0, 0), (7, 2_000), (8, 12_000), (30, 12_000), (31, 23_000)])
def test_the_fee_is_that_of_the_step(late, fee):
    assert rules.overdue_fee(late, ADULT) == fee


@given(days, days, tariffs)
def test_later_never_costs_less(one, other, tariff):
    earlier, later = sorted((one, other))
    assert rules.overdue_fee(earlier, tariff) <= rules.overdue_fee(later, tariff)


@given(days, tariffs)
def test_a_fee_is_never_negative_nor_above_the_highest_step(late, tariff):
    assert 0 <= rules.overdue_fee(late, tariff) <= max(tariff)


DUE = date(2026, 3, 30)
closings = st.frozensets(st.integers(-5, 60).map(lambda day: DUE + timedelta(days=day)))


def closed_on(*days: date) -> Calendar:
    return Calendar(exceptions=MappingProxyType({day: ExceptionalDay(is_open=False) for day in days}))


@given(closings, st.integers(-10, 80), st.integers(0, 40), st.sampled_from(OverdueDays), tariffs)
def test_no_closing_day_makes_waiting_cheaper(closed, late, longer, counted, tariff):
    calendar = closed_on(*closed)
    earlier, later = (DUE + timedelta(days=days) for days in (late, late + longer))
    fee_then, fee_later = (
        rules.overdue_fee(rules.days_late(DUE, day, calendar, counted), tariff) for day in (earlier, later)
    )
    assert fee_then <= fee_later


@given(closings, st.integers(-10, 80))
def test_closing_days_only_ever_lighten(closed, late):
    settled, calendar = DUE + timedelta(days=late), closed_on(*closed)
    every_day = rules.days_late(DUE, settled, calendar, OverdueDays.CALENDAR)
    open_days = rules.days_late(DUE, settled, calendar, OverdueDays.OPEN)
    assert 0 <= open_days <= every_day <= max(late, 0)


@pytest.mark.parametrize(
    ("closed", "settled", "every_day", "open_days"),
    [
        ((), 3, 3, 3),
        ((0, 1), 2, 0, 0),
        ((0, 1), 3, 1, 1),
        ((1, 2), 3, 3, 1),
        ((0, 1, 2, 3), 2, 0, 0),
    ],
)
def test_a_due_date_that_closed_afterwards_moves_to_the_next_open_day(closed, settled, every_day, open_days):
    calendar = closed_on(*(DUE + timedelta(days=day) for day in closed))
    day = DUE + timedelta(days=settled)
    assert rules.days_late(DUE, day, calendar, OverdueDays.CALENDAR) == every_day
    assert rules.days_late(DUE, day, calendar, OverdueDays.OPEN) == open_days


@given(tariffs, st.integers(0, 100), st.integers(0, 100))
def test_an_amnesty_takes_its_share_off_every_step_and_no_more(tariff, one, other):
    less, more = (rules.share_of_tariff(tariff, percent) for percent in sorted((one, other)))
    assert all(0 <= low <= high <= full for low, high, full in zip(less, more, tariff, strict=True))
    assert rules.share_of_tariff(tariff, 100) == tariff
    assert set(rules.share_of_tariff(tariff, 0)) == {0}


@given(st.lists(st.tuples(days, tariffs), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_batch_costs_the_same_in_whatever_order_it_is_scanned(returns, random):
    def scanned(batch):
        claimed = rules.NOTHING
        for late, tariff in batch:
            claimed = Ore(claimed + rules.difference(claimed, rules.overdue_fee(late, tariff)))
        return claimed

    shuffled = list(returns)
    random.shuffle(shuffled)
    assert scanned(returns) == scanned(shuffled) == max(rules.overdue_fee(*each) for each in returns)


@given(st.lists(st.tuples(st.integers(1, 3), st.lists(amounts, max_size=4)), max_size=6))
def test_the_shares_of_a_batch_add_up_to_its_highest_amount(claims):
    batch = [claim(number, step, lines) for number, (step, lines) in enumerate(claims)]
    shares = rules.shares(batch)
    assert sum(share.amount_ore for share in shares) == max((max(lines) for _, lines in claims if lines), default=0)
    assert all(share.amount_ore >= 0 for share in shares)


def claim(number: int, step: int, lines: list[Ore]) -> BatchClaim:
    facts = ClaimFacts(
        charge=ChargeId(number),
        account=AccountId(1),
        division=DivisionId(1),
        kind=ChargeKind.OVERDUE,
        step=step,
        age_class=None,
    )
    return BatchClaim(facts=facts, lines=tuple(lines))


@pytest.mark.parametrize(
    ("lent", "due", "settled"),
    [
        (date(2026, 3, 1), date(2026, 3, 30), date(2026, 4, 2)),
        (date(2026, 3, 2), date(2026, 3, 29), date(2026, 4, 2)),
        (date(2026, 3, 2), date(2026, 3, 30), date(2026, 4, 3)),
    ],
)
def test_another_day_anywhere_is_another_batch(lent, due, settled):
    ours = rules.overdue_batch(date(2026, 3, 2), date(2026, 3, 30), date(2026, 4, 2))
    assert rules.overdue_batch(lent, due, settled) != ours


@pytest.mark.parametrize(
    ("born", "on", "class_"),
    [
        (date(2012, 5, 1), date(2026, 4, 30), AgeClass.CHILD),
        (date(2012, 5, 1), date(2026, 5, 1), AgeClass.ADULT),
        (date(2012, 2, 29), date(2026, 2, 28), AgeClass.CHILD),
        (date(2012, 2, 29), date(2026, 3, 1), AgeClass.ADULT),
        (None, date(2026, 5, 1), AgeClass.ADULT),
    ],
)
def test_a_child_is_younger_than_the_limit_on_the_day_of_return(born, on, class_):
    assert rules.age_class(born, on, 14) is class_


CHILD, PARENT = PatronId(1), PatronId(2)


@pytest.mark.parametrize(
    ("guardian", "born", "liable"),
    [
        (PARENT, date(2012, 5, 1), PARENT),
        (PARENT, date(2008, 4, 2), CHILD),
        (None, date(2012, 5, 1), CHILD),
    ],
)
def test_the_responsible_adult_pays_until_the_child_is_18(guardian, born, liable):
    assert rules.payer(CHILD, guardian, born, date(2026, 4, 2)) == liable


@pytest.mark.parametrize(("own", "price"), [(25_000, 25_000), (None, 30_000), (0, 30_000)])
def test_a_lost_item_costs_its_price_else_the_default(own, price):
    assert rules.replacement_price(own, Ore(30_000)) == price
