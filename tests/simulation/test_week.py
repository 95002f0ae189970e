"""A small week, lived by the real operations: every hold has its explanation, and nothing is what can never be."""

import asyncio
from collections import Counter
from xml.etree import ElementTree as ET

import pytest

from faelles.ground.crypto import Keyring
from faelles.ground.i18n import Language
from faelles.simulation.plot import columns, lines
from faelles.simulation.week.model import Size, WeekReport
from faelles.simulation.week.pictures import in_transit, waiting_times
from faelles.simulation.week.running import run_week

SIZE = Size(people=25, titles=14, copies=40, holds=90)


@pytest.fixture(scope="module")
def report(owner_url: str, keyring: Keyring) -> WeekReport:
    return asyncio.run(run_week(owner_url, keyring, SIZE, lambda _step, _steps: None))


def test_every_hold_of_the_week_is_explained(report: WeekReport):
    assert report.unexplained == []
    assert report.broken == []
    assert sum(fate.holds for fate in report.fates) == report.placed
    assert report.placed + report.refused >= SIZE.holds - 1


def test_what_was_done_adds_up_to_what_became_of_the_holds(report: WeekReport):
    states = Counter()
    for fate in report.fates:
        states[fate.state] += fate.holds
    assert states["collected"] > 0
    assert states["ready"] == report.samples[-1].ready
    assert states["in_transit"] <= report.samples[-1].in_transit
    assert sum(report.waited) >= states["collected"]


@pytest.mark.parametrize("language", list(Language))
def test_the_week_is_drawn(report: WeekReport, language: Language):
    for drawn in (waiting_times(report, language), in_transit(report, language)):
        assert ET.fromstring(drawn).tag.endswith("svg")


def test_a_picture_of_nothing_is_still_a_picture():
    for drawn in (columns("Intet & <ingen>", [], "stk."), lines("Intet", [], [], "stk.")):
        assert ET.fromstring(drawn).tag.endswith("svg")
