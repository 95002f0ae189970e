"""A small year against the reference: every øre and every notice, also when whatever works at night is killed."""

import itertools
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

from faelles.fees.debt.nightly import WRITE_DEBT_MESSAGES
from faelles.fees.exclusion.nightly import WRITE_EXCLUSION_NOTICES
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.ground.i18n import Language
from faelles.notices.planning import nightly as planning
from faelles.simulation.clock import TurnedClock
from faelles.simulation.year.model import SMALL, Size, YearReport
from faelles.simulation.year.pictures import money, notices
from faelles.simulation.year.running import run_year

MONEY_AND_NOTICES = (WRITE_EXCLUSION_NOTICES, WRITE_DEBT_MESSAGES, *planning.JOBS)


SHORT = Size(people=18, loans=60, first_day=date(2027, 3, 20), days=20, seed=3)


async def live(database: Database, keyring: Keyring, directory: Path, size: Size, lives_for=lambda: None) -> YearReport:
    clock = TurnedClock(size.first_moment)
    turned = Database(database._pool, clock)
    return await run_year(turned, clock, keyring, directory, size, MONEY_AND_NOTICES, lives_for=lives_for)


async def test_every_ore_and_every_notice_of_a_year_is_accounted_for(database, keyring, tmp_path):
    report = await live(database, keyring, tmp_path, SMALL)
    assert report.differences == []
    assert report.claimed_ore > 0
    assert {"renewal", "death", "move", "closure", "payment"} <= report.done.keys()
    assert sum(report.told.values()) == sum(report.told_by_month.values()) == report.notices
    assert (report.books[-1].claimed_ore, report.books[-1].outstanding_ore) == (
        report.claimed_ore,
        report.outstanding_ore,
    )
    for drawn in (money(report, Language.DANISH), notices(report, Language.ENGLISH)):
        assert ET.fromstring(drawn).tag.endswith("svg")


async def test_a_night_that_is_killed_everywhere_comes_to_the_same(database, keyring, tmp_path):
    ages = itertools.cycle([1, 2, 3, 5, 8, 2, 13, 4])
    report = await live(database, keyring, tmp_path, SHORT, lives_for=lambda: next(ages))
    assert report.lives > SHORT.days
    assert report.differences == []
