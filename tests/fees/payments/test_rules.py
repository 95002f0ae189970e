import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.fees.payments import rules
from faelles.fees.payments.model import Line, OrderState, Told
from faelles.ground.ids import ChargeId
from faelles.ground.money import Ore

A, C = OrderState.AUTHORIZED, OrderState.CAPTURED


@pytest.mark.parametrize(
    ("state", "told", "owed", "becomes"),
    [
        (OrderState.STARTED, Told.AUTHORIZED, 100, A),
        (OrderState.CREATED, Told.AUTHORIZED, 100, A),
        (OrderState.STARTED, Told.AUTHORIZED, 0, OrderState.CANCELLING),
        (OrderState.FAILED, Told.AUTHORIZED, 100, A),
        (OrderState.CANCELLED, Told.AUTHORIZED, 100, OrderState.CANCELLING),
        (A, Told.AUTHORIZED, 0, A),
        (A, Told.FAILED, 100, OrderState.FAILED),
        (A, Told.CANCELLED, 100, OrderState.CANCELLED),
        (OrderState.STARTED, Told.FAILED, 100, OrderState.FAILED),
        (OrderState.CANCELLED, Told.FAILED, 100, OrderState.CANCELLED),
        (OrderState.CANCELLED, Told.CAPTURED, 0, C),
        (C, Told.FAILED, 100, C),
    ],
)
def test_what_a_providers_word_does(state, told, owed, becomes):
    assert rules.after(state, told, Ore(owed)) is becomes


states, words, amounts = st.sampled_from(OrderState), st.sampled_from(Told), st.integers(0, 500).map(Ore)


@given(states, words, amounts)
def test_the_same_word_again_changes_nothing_more(state, told, owed):
    once = rules.after(state, told, owed)
    settled = OrderState.CANCELLED if once is OrderState.CANCELLING else once
    assert rules.after(settled, told, owed) in {once, settled}


@given(states, st.lists(words, max_size=8), amounts)
def test_money_that_was_taken_stays_in_the_books(state, told, owed):
    for word in [Told.CAPTURED, *told]:
        state = rules.after(state, word, owed)
    assert state is OrderState.CAPTURED


charges = st.integers(1, 6).map(ChargeId)


@given(st.dictionaries(charges, st.integers(1, 500)), st.dictionaries(charges, st.integers(0, 500)))
def test_no_more_is_taken_than_was_ordered_or_is_owed(ordered, owed):
    lines = [Line(charge=charge, amount_ore=Ore(amount)) for charge, amount in ordered.items()]
    taken = rules.to_capture(lines, {charge: Ore(amount) for charge, amount in owed.items()})
    assert 0 <= taken <= min(sum(ordered.values()), sum(owed.values()))
