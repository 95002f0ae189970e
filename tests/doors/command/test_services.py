"""Bookings, interlibrary requests, newsletters and the person register from a terminal."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from circulation.holds.wishing import title_of
from circulation.lending_library import LendingLibrary, Reader
from faelles.doors.command.frame import SAYS_NO
from faelles.patrons.identifiers import made_up_cpr

FIRST = date.today() + timedelta(days=40)  # noqa: DTZ011 - the program under test reads the real clock
LAST = FIRST + timedelta(days=4)


@pytest.fixture
async def reader(library: LendingLibrary) -> Reader:
    return await library.reader()


@pytest.fixture
async def title(library: LendingLibrary) -> int:
    library.clock.now = datetime.now(UTC)
    return await title_of(library, await library.copy())


def booked(at_desk, reader: Reader, title: int) -> int:
    answer = at_desk("booking", "place", reader.card, title, "--from", FIRST, "--to", LAST, "--json")
    return json.loads(answer.stdout)["booking"]["id"]


def test_a_booking_is_placed_listed_changed_and_cancelled(at_desk, reader: Reader, title: int):
    booking = booked(at_desk, reader, title)
    assert str(booking) in at_desk("booking", "list", reader.card).stdout
    assert str(booking) in at_desk("booking", "show", reader.card, booking).stdout
    assert at_desk("booking", "change", reader.card, booking, "--copies", 9, "--least", 9).exit_code == SAYS_NO
    changed = at_desk("booking", "change", reader.card, booking, "--to", LAST + timedelta(days=1), "--json")
    assert json.loads(changed.stdout)["booking"]["last_day"] == str(LAST + timedelta(days=1))
    assert str(FIRST) in at_desk("booking", "free", title).stdout
    assert at_desk("booking", "cancel", reader.card, booking).exit_code == 0
    assert json.loads(at_desk("booking", "list", reader.card, "--json").stdout) == []


def test_what_there_is_not_enough_of_is_not_booked(at_desk, reader: Reader, title: int):
    booked(at_desk, reader, title)
    again = at_desk("booking", "place", reader.card, title, "--from", FIRST, "--to", LAST)
    assert again.exit_code == SAYS_NO


def test_what_begins_soon_is_packed_and_lent(at_desk, reader: Reader, title: int):
    booking = booked(at_desk, reader, title)
    assert str(booking) in at_desk("booking", "pack", "--days", 60).stdout
    lent = at_desk("booking", "lend", booking, "--json")
    assert json.loads(lent.stdout)[0]["answer"]["due_on"] == str(LAST)


def test_an_interlibrary_request_goes_its_way(at_desk, library: LendingLibrary, reader: Reader, title: int):
    asked = at_desk(
        "interlibrary", "request", reader.card, "--title", "Tyve år i Afrika", "--creator", "Blixen", "--json"
    )
    request = json.loads(asked.stdout)["id"]
    assert at_desk("interlibrary", "partner", "built_in").exit_code == 0
    assert (
        json.loads(at_desk("interlibrary", "order", request, "--from", "DK-820010", "--json").stdout)["state"]
        == "ordered"
    )
    come = at_desk(
        "interlibrary", "receive", request, "--placement", library.town.main_shelf,
        "--material-group", library.materials["interlibrary"], "--record", title,
    )  # fmt: skip
    assert come.exit_code == 0
    assert at_desk("interlibrary", "lend", request).exit_code == 0
    for words in (("list",), ("show", request)):
        assert str(request) in at_desk("interlibrary", *words).stdout
    assert at_desk("interlibrary", "close", request).exit_code == 1


def test_a_request_is_denied_with_its_reason_or_cancelled(at_desk, reader: Reader):
    numbers = [
        json.loads(at_desk("interlibrary", "request", reader.card, "--title", each, "--json").stdout)["id"]
        for each in ("Et", "To")
    ]
    assert "denied" in at_desk("interlibrary", "deny", numbers[0], "--reason", "Findes ikke").stdout
    assert json.loads(at_desk("interlibrary", "cancel", numbers[1], "--json").stdout)["state"] == "cancelled"


def test_newsletters_are_listed_signed_up_to_and_given_up(at_desk):
    assert at_desk("newsletter", "list").exit_code == 1
    assert at_desk("newsletter", "provider", "built_in").exit_code == 0
    offered = json.loads(at_desk("newsletter", "list", "--json").stdout)
    wanted = offered[0]["list_id"]
    whose = ("--email", "karla@example.dk")
    assert at_desk("newsletter", "subscribe", wanted, *whose).exit_code == 0
    assert wanted in at_desk("newsletter", "show", *whose).stdout
    assert at_desk("newsletter", "unsubscribe", wanted, *whose).exit_code == 0
    assert at_desk("newsletter", "provider").exit_code == 0
    assert at_desk("newsletter", "list").exit_code == 1


def test_the_register_of_the_demonstration_says_what_it_is_told_and_no_real_numbers(at_desk):
    number = made_up_cpr(date(1984, 2, 3), 7)
    told = at_desk("register", "pretend", "--name", "Karen Gift", "--cpr", number)
    assert told.exit_code == 0
    assert at_desk("register", "pretend", "--name", "Karen Gift", "--cpr", "0302841234").exit_code != 0
    assert at_desk("register", "update", "--dry-run").exit_code == 0
    for words in (("show",), ("names",), ("update",)):
        assert at_desk("register", *words).exit_code == 0
