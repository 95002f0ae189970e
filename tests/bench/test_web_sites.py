"""What a web site is made to ask: the same by HTTP and in bare SQL."""

import pytest

from faelles.bench.web_sites.asking import Site, patron_id
from faelles.bench.web_sites.model import Ask, Burst
from faelles.doors.fbs.facts import PREFIX
from faelles.doors.fbs.routing import Routes
from faelles.doors.fbs.serving import served

SITE = Site(agency=7, isil="DK-710100", session="ft_x", first_patron=41, readers=3, titles=99)


@pytest.mark.parametrize("ask", list(Ask))
def test_every_call_is_one_of_the_interface_and_has_its_yardstick(ask: Ask):
    line, *_ = SITE.request(ask, 1).decode().split("\r\n")
    path = line.split()[1].removeprefix(PREFIX).partition("?")[0]
    found = Routes(served()).find(path)
    assert found is not None
    assert ask.value in found.operations["GET"].path
    assert f"bench.site_{ask}(7, " in SITE.script(ask)


def test_readers_are_asked_about_in_turn():
    paths = [SITE.request(Ask.LOANS, number).decode() for number in range(4)]
    assert f"/patrons/{patron_id(41 + 19)}/" in paths[0]
    assert f"/patrons/{patron_id(41 + 39)}/" in paths[1]
    assert paths[0] == paths[3]


def test_a_burst_that_left_calls_unanswered_is_not_held():
    held = Burst(asked_a_second=400, answered_a_second=400, calls=4000, p50_ms=9, p99_ms=80, refused=0)
    assert held.is_met
    given_up = Burst(asked_a_second=400, answered_a_second=90, calls=4000, p50_ms=9, p99_ms=80, refused=1)
    assert not given_up.is_met
