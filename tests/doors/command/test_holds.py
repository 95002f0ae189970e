"""Holds, and agreements to lend to others, from a terminal."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from circulation.holds.wishing import match_all, title_of, waits
from circulation.lending_library import LendingLibrary, Reader
from faelles.doors.command.frame import NOT_UNDERSTOOD, SAYS_NO
from town import Town


@pytest.fixture
async def reader(library: LendingLibrary) -> Reader:
    return await library.reader()


@pytest.fixture
async def other(library: LendingLibrary) -> Reader:
    return await library.reader()


@pytest.fixture
async def book(library: LendingLibrary) -> str:
    library.clock.now = datetime.now(UTC)
    return await library.copy()


@pytest.fixture
async def title(library: LendingLibrary, book: str) -> int:
    return await title_of(library, book)


@pytest.fixture
async def second(library: LendingLibrary) -> int:
    return await title_of(library, await library.copy())


def place(at_desk, reader: Reader, title: int) -> int:
    placed = json.loads(at_desk("hold", "place", reader.card, "--record", title, "--json").stdout)
    return placed["holds"][0]["hold"]


def test_a_hold_is_placed_listed_and_cancelled(at_desk, reader: Reader, title: int):
    placed = at_desk("hold", "place", reader.card, "--record", title)
    assert (placed.exit_code, "Frøken Smilla" in placed.stdout) == (0, True)
    (listed,) = json.loads(at_desk("hold", "list", reader.card, "--json").stdout)
    assert (listed["record"], listed["state"], listed["position"]) == (title, "pending", 1)
    for words in (("hold", "list", "--record", title), ("hold", "list")):
        assert str(listed["id"]) in at_desk(*words).stdout
    assert at_desk("hold", "cancel", listed["id"]).exit_code == 0
    assert at_desk("hold", "cancel", listed["id"]).exit_code == SAYS_NO
    assert json.loads(at_desk("hold", "list", reader.card, "--json").stdout) == []


def test_several_records_are_one_wish_of_which_the_first_will_do(at_desk, reader: Reader, title: int, second: int):
    placed = json.loads(at_desk("hold", "place", reader.card, "--record", title, "--record", second, "--json").stdout)
    assert [each["outcome"] for each in placed["holds"]] == ["placed", "placed"]
    listed = json.loads(at_desk("hold", "list", reader.card, "--json").stdout)
    assert {(each["record"], each["is_parallel"]) for each in listed} == {(title, True), (second, True)}


def test_what_is_asked_twice_over_is_refused_and_not_half_heard(at_desk, reader: Reader, title: int):
    for words in (("place", reader.card, "--record", title, "--item", "1"), ("list", reader.card, "--record", title)):
        assert at_desk("hold", *words).exit_code == NOT_UNDERSTOOD
    assert json.loads(at_desk("hold", "list", reader.card, "--json").stdout) == []


def test_several_records_are_wishes_of_their_own_where_that_is_said(at_desk, reader: Reader, title: int, second: int):
    words = ("hold", "place", reader.card, "--record", title, "--record", second, "--together", "separate", "--json")
    assert [each["outcome"] for each in json.loads(at_desk(*words).stdout)["holds"]] == ["placed", "placed"]
    listed = json.loads(at_desk("hold", "list", reader.card, "--json").stdout)
    assert [each["is_parallel"] for each in listed] == [False, False]


def test_what_can_be_placed_is_kept_where_that_is_said(at_desk, reader: Reader, title: int, second: int):
    place(at_desk, reader, title)
    both = ("hold", "place", reader.card, "--record", title, "--record", second, "--json")
    assert [each["outcome"] for each in json.loads(at_desk(*both).stdout)["holds"]] == ["refused", "allowed"]
    kept = at_desk(*both, "--keep-granted")
    assert [each["outcome"] for each in json.loads(kept.stdout)["holds"]] == ["refused", "placed"]
    assert kept.exit_code == SAYS_NO


def test_a_refusal_says_why_and_a_dry_run_places_nothing(at_desk, reader: Reader, title: int):
    tried = at_desk("hold", "place", reader.card, "--record", title, "--dry-run", "--json")
    assert json.loads(tried.stdout)["holds"][0]["outcome"] == "allowed"
    place(at_desk, reader, title)
    refused = at_desk("hold", "place", reader.card, "--record", title)
    assert (refused.exit_code, "already_reserved" in refused.stdout) == (SAYS_NO, True)


def test_the_same_key_places_one_hold(at_desk, reader: Reader, title: int):
    words = ("hold", "place", reader.card, "--record", title, "--key", "h-1", "--json")
    assert at_desk(*words).stdout == at_desk(*words).stdout


def test_a_hold_is_placed_for_later_and_its_dates_are_changed(at_desk, reader: Reader, title: int):
    placed = at_desk(
        "hold", "place", reader.card, "--record", title, "--active-from", "2150-01-01", "--material-group", 1
    )
    assert placed.exit_code == NOT_UNDERSTOOD
    hold = place(at_desk, reader, title)
    assert at_desk("hold", "change", hold, "--until", "2030-05-01").exit_code == 0
    assert json.loads(at_desk("hold", "why", hold, "--json").stdout)["hold"]["interest_until"] == "2030-05-01"
    assert at_desk("hold", "change", hold, "--pickup", "nowhere").exit_code == NOT_UNDERSTOOD


def test_a_hold_is_moved_with_a_reason(at_desk, reader: Reader, other: Reader, title: int):
    place(at_desk, other, title)
    second = place(at_desk, reader, title)
    assert at_desk("hold", "move", second, "--to", "top").exit_code == NOT_UNDERSTOOD
    moved = at_desk("hold", "move", second, "--to", "top", "--reason", "Eksamen", "--json")
    assert json.loads(moved.stdout) == {"position": 1}


def test_why_tells_who_gets_what(at_desk, reader: Reader, book: str, title: int):
    hold = place(at_desk, reader, title)
    explained = json.loads(at_desk("hold", "why", hold, "--json").stdout)
    assert (explained["here"]["item_number"], explained["here"]["reach"]) == (book, "own_branch")
    assert book in at_desk("hold", "why", hold).stdout


def test_an_unknown_hold_is_said_to_be_unknown(at_desk):
    asked = at_desk("hold", "why", 1)
    assert (asked.exit_code, "There is no such hold." in asked.stderr) == (SAYS_NO, True)


def test_an_agreement_is_given_listed_and_ended(at_desk, neighbour: Town, town: Town):
    last = (datetime.now(UTC) + timedelta(days=400)).date().isoformat()
    given = json.loads(at_desk("lending", "give", neighbour.isil, "--last-day", last, "--json").stdout)
    (listed,) = json.loads(at_desk("lending", "list", "--json").stdout)
    assert (listed["id"], listed["lender"], listed["borrower"]) == (given["id"], town.isil, neighbour.isil)
    assert listed["last_day"] == last
    assert neighbour.isil in at_desk("lending", "list").stdout
    assert at_desk("lending", "end", given["id"]).exit_code == 0
    (listed,) = json.loads(at_desk("lending", "list", "--json").stdout)
    assert listed["last_day"] < last


async def withdrawn(library: LendingLibrary, number: str) -> None:
    sql = "UPDATE item SET withdrawn_at = $3, withdrawn_why = 'Slidt' WHERE agency_id = $1 AND number = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, number, tx.now))
    await match_all(library)


@pytest.fixture
async def gone(library: LendingLibrary, title: int, book: str) -> int:
    """A hold of a title whose one copy was withdrawn."""
    hold = await waits(library, title)
    await withdrawn(library, book)
    return hold


def test_what_nothing_can_fill_is_listed_and_given_up(at_desk, gone: int, reader: Reader, second: int):
    assert str(gone) in at_desk("hold", "unfillable").stdout
    other = place(at_desk, reader, second)
    assert at_desk("hold", "cancel", other, "--title-gone").exit_code == SAYS_NO
    assert at_desk("hold", "cancel", gone, "--title-gone").exit_code == 0
    assert json.loads(at_desk("hold", "unfillable", "--json").stdout) == []
