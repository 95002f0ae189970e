"""Who gets how much of a country in miniature."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from faelles.demo.shares import shares

WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 700), min_size=1, max_size=20)


@given(total=st.integers(0, 10_000), weights=WEIGHTS, fewest=st.integers(0, 50))
def test_all_is_given_away_and_nobody_gets_too_little(total, weights, fewest):
    given_away = shares(total, weights, fewest=fewest)
    has_inhabitants = any(weights.values())
    if has_inhabitants or total <= fewest * len(weights):
        assert sum(given_away.values()) == max(total, fewest * len(weights))
    assert all(part >= fewest for part in given_away.values())


@given(total=st.integers(0, 10_000), weights=WEIGHTS)
def test_more_inhabitants_never_get_less(total, weights):
    given_away = shares(total, weights, fewest=1)
    order = sorted(weights, key=lambda name: weights[name])
    assert all(given_away[fewer] <= given_away[more] + 1 for fewer, more in pairwise(order))
