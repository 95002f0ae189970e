"""Fetching, shelving and sending from a terminal."""

import json

import pytest

from circulation.holds.wishing import copies, match_all, waits
from circulation.lending_library import LendingLibrary


@pytest.fixture
async def planned(library: LendingLibrary) -> tuple[str, int]:
    """A copy that is to be fetched, and its hold."""
    record, [book] = await copies(library, 1)
    hold = await waits(library, record)
    await match_all(library)
    return book, hold


def test_a_pick_is_printed_taken_on_and_scanned_onto_the_hold_shelf(at_desk, planned):
    book, _ = planned
    assert book in at_desk("logistics", "picks").stdout
    assert json.loads(at_desk("logistics", "picks", "--claim", "--json").stdout)[0]["item_number"] == book
    returned = at_desk("return", book)
    assert (returned.exit_code, "number 1" in returned.stdout) == (0, True)
    assert json.loads(at_desk("logistics", "shelf", "--json").stdout)[0]["item_number"] == book
    assert at_desk("logistics", "shelf").exit_code == 0
    assert at_desk("logistics", "to-clear").exit_code == 0


def test_what_is_not_on_its_shelf_is_counted(at_desk, planned):
    _, hold = planned
    assert "1" in at_desk("logistics", "not-on-shelf", str(hold)).stdout
    assert at_desk("logistics", "journeys", "--overdue").exit_code == 0


def test_a_van_nobody_has_gives_no_sheet(at_desk):
    assert at_desk("logistics", "route-sheet", "1").exit_code == 1
    assert at_desk("logistics", "route-sheet", "1", "--day", "i morgen").exit_code == 2
