"""The bench's queues: a check-in is judged beside one for which nobody waits, and the pure function by itself runs."""

import pytest

from faelles.bench.matching.alone import match_alone
from faelles.bench.matching.measuring import costs
from faelles.bench.matching.model import QUEUES


@pytest.mark.parametrize(("dearest", "is_met"), [(4.5, True), (4.6, False)])
def test_a_check_in_with_capture_is_measured_by_one_without(dearest: float, *, is_met: bool):
    found = costs({0: 3.0, **dict.fromkeys(QUEUES, 3.0), 2_000: dearest})
    assert [each.queue for each in found] == [0, *QUEUES]
    assert [each.is_met for each in found] == [None, True, True, is_met]


def test_the_pure_function_alone_serves_no_more_than_there_are_holds():
    matched = match_alone(50)
    assert matched.titles == 50
    assert 0 < matched.served <= matched.holds
