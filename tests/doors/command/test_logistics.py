"""Fetching, shelving and sending from a terminal."""

import json

import pytest

from circulation.holds.wishing import copies, match_all, waits
from circulation.lending_library import LendingLibrary
from faelles.doors.command.frame import SAYS_NO


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


@pytest.fixture
async def book(library: LendingLibrary) -> str:
    return await library.copy()


def test_a_crate_is_packed_sent_and_received(at_desk, library: LendingLibrary, book: str):
    suburb = f"{library.town.isil}01"
    assert at_desk("logistics", "send", book, "--to", suburb).exit_code == 0
    crate = json.loads(at_desk("crate", "pack", "K-17", "--to", suburb, "--json").stdout)["id"]
    assert at_desk("crate", "put", str(crate), book).exit_code == 0
    assert at_desk("crate", "put", str(crate), "0000000000").exit_code == 1
    assert "K-17" in at_desk("crate", "list").stdout
    assert at_desk("crate", "send", str(crate)).exit_code == 0
    assert at_desk("crate", "receive", str(crate)).exit_code == 0
    assert at_desk("crate", "receive", "999999").exit_code == 1


def test_a_branch_that_is_not_there_is_laid_to_the_option_that_named_it(at_desk, book: str, planned):
    _, hold = planned
    for command in (["logistics", "send", book, "--to"], ["crate", "pack", "K-18", "--to"]):
        assert "--to: " in at_desk(*command, "Viby").output
    assert "--pickup: " in at_desk("hold", "change", str(hold), "--pickup", "Viby").output
    assert "--branch: " in at_desk("logistics", "picks", "--branch", "Viby").output


def test_a_van_gets_its_rounds_and_its_sheet_and_is_retired(at_desk, library: LendingLibrary):
    main, suburb = f"{library.town.isil}00", f"{library.town.isil}01"
    added = at_desk("van", "add", "Bil 1", "--round", f"1={main}@08:15,{suburb}", "--json")
    van = json.loads(added.stdout)["id"]
    assert "Bil 1" in at_desk("van", "list").stdout
    assert "08:15" in at_desk("logistics", "route-sheet", str(van), "--day", "2027-03-01").stdout
    assert at_desk("van", "change", str(van), "Bil 2", "--round", f"2={suburb},{main}").exit_code == 0
    assert at_desk("van", "change", str(van), "Bil 2", "--round", "mandag").exit_code == 2
    assert at_desk("van", "retire", str(van)).exit_code == 0
    assert at_desk("van", "retire", str(van)).exit_code == 1


def test_searches_and_foreign_books_are_listed(at_desk, planned):
    _, hold = planned
    at_desk("logistics", "not-on-shelf", str(hold))
    (search,) = json.loads(at_desk("logistics", "searches", "--json").stdout)
    assert at_desk("logistics", "searches").exit_code == 0
    assert at_desk("logistics", "give-up-search", str(search["id"])).exit_code == 0
    assert at_desk("logistics", "give-up-search", str(search["id"])).exit_code == 1
    assert at_desk("logistics", "foreign").exit_code == 0
    nothing = at_desk("logistics", "hand-over", "1", "--json")
    assert (json.loads(nothing.stdout)[0]["outcome"], nothing.exit_code) == ("not_found", SAYS_NO)


def test_requests_between_municipalities_are_seen_from_a_terminal(at_desk):
    for what in ("incoming", "outgoing"):
        assert at_desk("lending", what).exit_code == 0
        assert json.loads(at_desk("lending", what, "--json").stdout) == []
    for verb in ("accept", "refuse", "withdraw", "receive", "return"):
        assert at_desk("lending", verb, "1").exit_code == 1
    assert at_desk("lending", "send", "0000000001").exit_code == 1
