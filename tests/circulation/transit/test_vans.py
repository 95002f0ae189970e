"""Which days copies travel, and what the driver's sheet says."""

from datetime import date, time

from faelles.circulation.transit.model import Round, Van, VanStop
from faelles.circulation.transit.vans import LOOKED_AHEAD, Waiting, days_between, route_sheet
from faelles.ground.ids import BranchId

MAIN, SUBURB, HARBOUR = BranchId(1), BranchId(2), BranchId(3)
NAMES = {MAIN: "Hovedbiblioteket", SUBURB: "Forstaden", HARBOUR: "Havnen"}
MONDAY, WEDNESDAY = date(2027, 3, 1), date(2027, 3, 3)


def stops(*branches):
    return tuple(VanStop(branch=branch, calls_at=time(8, 30)) for branch in branches)


VAN = Van(
    id=1,
    name="Grøn rute",
    rounds=(
        Round(weekday=1, stops=stops(MAIN, SUBURB, HARBOUR, MAIN)),
        Round(weekday=3, stops=stops(HARBOUR, MAIN)),
    ),
)


def always(branch, day):
    return True


def never_in_the_suburb(branch, day):
    return branch != SUBURB


def test_a_copy_travels_with_the_first_round_that_connects_the_two():
    days = days_between([VAN], MONDAY, always)
    assert days[MAIN, HARBOUR] == 0
    assert days_between([VAN], date(2027, 3, 2), always)[HARBOUR, MAIN] == 1
    assert days_between([VAN], date(2027, 3, 2), always)[SUBURB, MAIN] == 6


def test_a_closed_branch_is_driven_past():
    def closed_on_monday(branch, day):
        return not (branch == SUBURB and day == MONDAY)

    days = days_between([VAN], MONDAY, closed_on_monday)
    assert days[SUBURB, MAIN] == 7
    assert days[HARBOUR, MAIN] == 0


def test_branches_no_van_calls_at_are_not_connected():
    assert (MAIN, 99) not in days_between([VAN], MONDAY, always)
    assert max(days_between([VAN], MONDAY, always).values()) < LOOKED_AHEAD


def sheet(day, waiting, *, is_open=always, foreign=None):
    return route_sheet(VAN, day, waiting=waiting, foreign=foreign or {}, name_of=NAMES.__getitem__, is_open=is_open)


def test_what_is_fetched_at_one_stop_is_left_at_a_later_one():
    told = sheet(MONDAY, [Waiting(MAIN, SUBURB, 4, ("K1",)), Waiting(HARBOUR, MAIN, 2), Waiting(SUBURB, MAIN, 1)])
    assert [stop.name for stop in told.stops] == ["Hovedbiblioteket", "Forstaden", "Havnen", "Hovedbiblioteket"]
    assert [[load.copies for load in stop.fetch] for stop in told.stops] == [[4], [1], [2], []]
    assert [[load.copies for load in stop.leave] for stop in told.stops] == [[], [4], [], [1, 2]]
    assert told.stops[0].fetch[0].crates == ("K1",)


def test_what_the_round_does_not_pass_waits():
    told = sheet(WEDNESDAY, [Waiting(MAIN, HARBOUR, 3)])
    assert all(not stop.fetch and not stop.leave for stop in told.stops)


def test_nothing_is_fetched_or_left_where_nobody_is():
    told = sheet(MONDAY, [Waiting(MAIN, SUBURB, 4)], is_open=never_in_the_suburb, foreign={SUBURB: 2})
    assert [stop.is_closed for stop in told.stops] == [False, True, False, False]
    assert all(not stop.fetch and not stop.leave and not stop.foreign for stop in told.stops)


def test_on_a_day_without_a_round_there_are_no_stops():
    assert sheet(date(2027, 3, 2), []).stops == ()
