"""Where a copy goes now: the order of what decides, and what each answer carries."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faelles.circulation.transit.model import JourneyReason, Stop, StopAlert, WhyCode
from faelles.circulation.transit.rules import ForHold, Level, StopCase, next_stop, told_name
from faelles.policies.knobs import SlipName

MAIN, SUBURB, HARBOUR = 1, 2, 3
NAMES = {MAIN: "Hovedbiblioteket", SUBURB: "Forstaden", HARBOUR: "Havnen"}
FRIDAY = date(2027, 3, 12)

AT_HOME = StopCase(
    here=MAIN,
    home=MAIN,
    place=MAIN,
    name_of=NAMES.__getitem__,
    free_number="17",
    pickup_deadline=FRIDAY,
)
AWAY = replace(AT_HOME, here=SUBURB)
ANNA = ForHold(hold=10_000_001, pickup=MAIN)
BO = ForHold(hold=10_000_002, pickup=SUBURB)


def codes(decision):
    return [why.code for why in decision.next.why]


def test_at_home_it_goes_onto_its_shelf():
    decision = next_stop(AT_HOME)
    assert (decision.next.stop, decision.place, codes(decision)) == (Stop.SHELVE, MAIN, [WhyCode.AT_ITS_PLACE])


def test_elsewhere_it_is_sent_home():
    decision = next_stop(AWAY)
    assert (decision.next.stop, decision.next.branch, decision.next.name) == (Stop.SEND, MAIN, "Hovedbiblioteket")
    assert decision.next.reason is JourneyReason.GOING_HOME


def test_the_rule_may_let_it_stay():
    decision = next_stop(replace(AWAY, may_stay=True))
    assert (decision.next.stop, decision.place) == (Stop.FLOAT, SUBURB)


def test_staff_at_the_pickup_branch_make_it_ready():
    decision = next_stop(replace(AT_HOME, first=ANNA))
    assert (decision.next.stop, decision.next.hold) == (Stop.HOLD_SHELF, ANNA.hold)
    assert (decision.next.shelf_number, decision.next.pickup_deadline) == ("17", FRIDAY)
    assert (decision.binds, decision.makes_ready) == (True, True)


def test_a_machine_at_the_pickup_branch_captures_and_makes_nothing_ready():
    decision = next_stop(replace(AT_HOME, first=ANNA, is_staffed=False))
    assert (decision.binds, decision.makes_ready, decision.next.shelf_number) == (True, False, None)


def test_a_machine_that_does_not_fulfil_holds_only_starts_the_journey():
    decision = next_stop(replace(AT_HOME, first=BO, is_staffed=False, binds=False))
    assert (decision.next.stop, decision.next.branch, decision.binds) == (Stop.SEND, SUBURB, False)
    assert WhyCode.MACHINE_ONLY_SENDS in codes(decision)


def test_for_somebody_elsewhere_it_travels_and_keeps_its_place():
    decision = next_stop(replace(AT_HOME, first=BO))
    assert (decision.next.stop, decision.next.branch, decision.next.reason) == (
        Stop.SEND,
        SUBURB,
        JourneyReason.FOR_HOLD,
    )
    assert (decision.binds, decision.makes_ready, decision.place) == (True, False, MAIN)


def test_what_is_bound_goes_to_its_hold_whoever_is_first_in_line():
    decision = next_stop(replace(AT_HOME, bound=ANNA, first=BO))
    assert (decision.next.hold, decision.binds, decision.makes_ready) == (ANNA.hold, False, True)
    assert codes(decision) == [WhyCode.ARRIVED_FOR_HOLD]


def test_what_stands_ready_keeps_its_number_when_it_is_scanned_again():
    ready = replace(ANNA, shelf_number="4", pickup_deadline=date(2027, 3, 8))
    decision = next_stop(replace(AT_HOME, bound=ready))
    assert (decision.next.shelf_number, decision.next.pickup_deadline) == ("4", date(2027, 3, 8))
    assert not decision.makes_ready


def test_those_passed_over_are_counted_in_the_reasons():
    decision = next_stop(replace(AT_HOME, first=ANNA, passed=3))
    assert [(why.code, why.parameters) for why in decision.next.why] == [
        (WhyCode.FIRST_IN_LINE, {"hold": ANNA.hold}),
        (WhyCode.PASSED_OVER, {"holds": 3}),
    ]


@pytest.mark.parametrize("alert", list(StopAlert))
def test_what_a_person_must_see_serves_nobody(alert):
    decision = next_stop(replace(AT_HOME, alert=alert, bound=ANNA, first=BO))
    assert (decision.next.stop, decision.next.alert, decision.releases) == (Stop.ALERT, alert, ANNA.hold)
    assert decision.next.hold is None


FLOATING = replace(AWAY, levels=(Level(MAIN, 10, 10), Level(SUBURB, 5, 3), Level(HARBOUR, 8, 2)))


def test_it_floats_where_it_came_back_while_there_is_room():
    decision = next_stop(FLOATING)
    assert (decision.next.stop, decision.place, codes(decision)) == (Stop.FLOAT, SUBURB, [WhyCode.ROOM_HERE])


def test_without_room_it_goes_where_it_lacks_most():
    full = replace(FLOATING, levels=(Level(MAIN, 10, 9), Level(SUBURB, 5, 5), Level(HARBOUR, 8, 2)))
    decision = next_stop(full)
    assert (decision.next.branch, decision.next.reason, decision.place) == (HARBOUR, JourneyReason.FLOATING, HARBOUR)


def test_with_room_nowhere_it_goes_back_to_its_place():
    full = replace(FLOATING, place=HARBOUR, levels=(Level(MAIN, 1, 1), Level(SUBURB, 1, 1), Level(HARBOUR, 1, 1)))
    decision = next_stop(full)
    assert (decision.next.branch, decision.next.reason, decision.place) == (HARBOUR, JourneyReason.GOING_HOME, HARBOUR)


def test_where_it_has_its_place_already_nothing_is_counted():
    crowded = replace(FLOATING, place=SUBURB, levels=(Level(MAIN, 9, 0), Level(SUBURB, 1, 50)))
    assert next_stop(crowded).next.stop is Stop.FLOAT


def test_what_was_sent_to_float_here_stays_though_the_room_is_gone():
    arrived = replace(FLOATING, came_to_float=True, levels=(Level(MAIN, 9, 0), Level(SUBURB, 5, 5)))
    assert (next_stop(arrived).next.stop, next_stop(arrived).place) == (Stop.FLOAT, SUBURB)


@pytest.mark.parametrize(
    ("how", "told"), [(SlipName.NOTHING, None), (SlipName.INITIALS, "A.B."), (SlipName.NAME, "Anna Berg")]
)
def test_a_slip_names_somebody_only_as_the_library_lets_it(how, told):
    assert told_name("Anna Berg", how) == told
    assert told_name(None, how) is None


branches = st.sampled_from([MAIN, SUBURB, HARBOUR])
wishes = st.none() | st.builds(ForHold, hold=st.integers(10_000_000, 10_000_009), pickup=branches)
cases = st.builds(
    StopCase,
    here=branches,
    home=branches,
    place=branches,
    name_of=st.just(NAMES.__getitem__),
    alert=st.none() | st.sampled_from(list(StopAlert)),
    bound=wishes,
    first=wishes,
    binds=st.booleans(),
    is_staffed=st.booleans(),
    free_number=st.just("1"),
    pickup_deadline=st.just(FRIDAY),
    levels=st.lists(
        st.builds(Level, branches, st.integers(0, 3), st.integers(0, 3)), max_size=3, unique_by=lambda one: one.branch
    ).map(tuple),
    came_to_float=st.booleans(),
    may_stay=st.booleans(),
)


@given(cases)
def test_every_case_has_one_answer_that_holds_together(case):
    decision = next_stop(case)
    stop = decision.next
    assert stop.why
    assert (stop.stop is Stop.SEND) == (stop.branch is not None)
    assert stop.branch != case.here
    assert not decision.makes_ready or (case.is_staffed and stop.shelf_number and stop.pickup_deadline)
    assert not decision.binds or stop.hold is not None
    assert stop.stop is not Stop.HOLD_SHELF or stop.hold is not None
    assert not (decision.binds and decision.releases)
    assert stop.stop not in {Stop.SHELVE, Stop.FLOAT} or (decision.place == case.here and stop.hold is None)


@given(cases)
def test_nobody_is_forgotten(case):
    """Whoever it is bound to is served or released; whoever is first is served where nobody is bound."""
    decision = next_stop(case)
    if case.bound is not None:
        assert case.bound.hold in {decision.next.hold, decision.releases}
    elif case.first is not None and case.alert is None:
        assert decision.next.hold == case.first.hold
