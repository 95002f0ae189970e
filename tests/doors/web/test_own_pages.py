"""What a patron sees and does with card and PIN."""

import re

import pytest

from circulation.lending_library import LendingLibrary, Reader
from doors.web.visitor import Visitor
from faelles.ground.clock import utc_now


@pytest.fixture
async def reader(library: LendingLibrary, nobody: Visitor) -> Reader:
    """Somebody who has signed in with card and PIN."""
    library.clock.now = utc_now()
    reader = await library.reader()
    form = {"agency": library.town.isil, "card": reader.card, "pin": reader.pin}
    answer = await nobody.send("/mine/sign-in", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine")
    return reader


async def test_loans_are_shown_and_renewed(reader: Reader, library: LendingLibrary, nobody: Visitor):
    library.clock.pass_days(-10)
    item = await library.copy()
    await library.lend(reader, item)
    assert "Frøken Smilla" in (await nobody.get("/mine")).text
    assert "1 af 1 fornyet." in (await nobody.send("/mine/renewals", {})).text


async def test_what_is_said_to_be_returned_is_not_overdue_at_home(
    reader: Reader, library: LendingLibrary, nobody: Visitor
):
    item, today = await library.copy(), library.clock.now
    library.clock.pass_days(-45)
    await library.lend(reader, item)
    library.clock.now = today
    assert 'class="late"' in (await nobody.get("/mine")).text
    await library.claim_returned(item)
    page = (await nobody.get("/mine")).text
    assert ("Frøken Smilla" in page, 'class="late"' in page) == (True, False)


async def test_a_wrong_pin_and_an_unknown_card_are_told_in_the_same_words(library: LendingLibrary, nobody: Visitor):
    library.clock.now = utc_now()
    reader = await library.reader()
    agency = {"agency": library.town.isil}
    wrong = await nobody.send("/mine/sign-in", agency | {"card": reader.card, "pin": "0000"})
    unknown = await nobody.send("/mine/sign-in", agency | {"card": "K999999999", "pin": "0000"})
    assert wrong.status_code == unknown.status_code == 401
    assert _alert(wrong.text) == _alert(unknown.text)


async def test_being_away_is_kept_and_taken_back(reader: Reader, nobody: Visitor):
    await nobody.send("/mine/absences", {"first_day": "2150-12-01", "last_day": "2150-12-24"})
    page = (await nobody.get("/mine")).text
    assert "1. december 2150" in page
    (end,) = (line.split('"')[3] for line in page.splitlines() if "/mine/absences/" in line and "/end" in line)
    await nobody.send(end, {})
    assert "1. december 2150" not in (await nobody.get("/mine")).text


async def test_what_one_hears_of_is_chosen_and_kept(reader: Reader, nobody: Visitor):
    assert "Mine beskeder" in (await nobody.get("/mine")).text
    chosen = {"way-due": "sms", "way-money": "none", "loan_receipt": "true", "quiet_from": "21.30", "quiet_until": "7"}
    assert (await nobody.send("/mine/notices", chosen)).status_code == 303
    page = (await nobody.get("/mine/notices?done=notices_chosen")).text
    assert "Dine valg er gemt." in page
    assert page.count('value="sms" selected') == page.count('value="none" selected') == 1
    assert ('value="21.30"' in page, 'value="07.00"' in page) == (True, True)
    assert re.findall(r'name="(\w+)" value="true" checked', page) == ["loan_receipt"]
    wrong = await nobody.send("/mine/notices", chosen | {"quiet_from": "sent", "way-due": "fax"})
    assert wrong.status_code == 400
    assert (await nobody.send("/mine/notices", {"quiet_from": "21"})).status_code == 400


async def test_a_patron_sees_no_page_of_the_staff(reader: Reader, nobody: Visitor):
    for path in ("/desk", "/patrons", f"/patrons/{reader.id}", "/lists/picks"):
        assert (await nobody.get(path)).status_code == 403, path
    at_the_start = await nobody.get("/")
    assert (at_the_start.status_code, at_the_start.headers["location"]) == (303, "/mine")


def _alert(page: str) -> str:
    return page.partition('role="alert"')[2].partition("</div>")[0]
