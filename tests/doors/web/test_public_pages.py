"""What anybody sees of a library without signing in, and what a patron does from there."""

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
    assert (await nobody.send("/mine/sign-in", form)).status_code == 303
    return reader


async def record_of(library: LendingLibrary, item: str) -> int:
    return await library.run(
        lambda tx: tx.value("SELECT record_id FROM item WHERE agency_id = $1 AND number = $2", tx.agency, item)
    )


async def test_a_visitor_chooses_a_library_once(library: LendingLibrary, nobody: Visitor):
    assert "Vælg bibliotek" in (await nobody.get("/search")).text
    answer = await nobody.get(f"/{library.town.isil}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/search?library={library.town.isil}")
    await nobody.get(answer.headers["location"])
    assert "Titel, forfatter eller emne" in (await nobody.get("/search")).text


async def test_an_address_that_is_no_librarys_leads_nowhere(nobody: Visitor):
    assert (await nobody.get("/DK-999999")).status_code == 404


async def test_a_search_says_what_is_in(library: LendingLibrary, nobody: Visitor):
    await library.copy()
    page = (await nobody.get(f"/search?library={library.town.isil}&q=smilla")).text
    assert "Frøken Smilla" in page
    assert "Hjemme: " in page


async def test_a_title_says_where_its_copies_stand_and_nothing_of_who_has_them(
    library: LendingLibrary, nobody: Visitor
):
    library.clock.now = utc_now()
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    page = (await nobody.get(f"/search/{await record_of(library, item)}?library={library.town.isil}")).text
    assert "Hvor den står" in page
    assert "Log ind med kort og pinkode for at reservere." in page
    assert "Søren" not in page
    assert reader.card not in page
    assert item not in page


async def test_a_patron_reserves_and_is_told_their_place_in_line(
    reader: Reader, library: LendingLibrary, nobody: Visitor
):
    other, item = await library.reader(), await library.copy()
    await library.lend(other, item)
    record = await record_of(library, item)
    said = await nobody.send(f"/search/{record}/holds", {"pickup": library.town.main})
    assert "Reserveret. Du er nummer 1" in said.text
    assert "Frøken Smilla" in (await nobody.get("/mine")).text
    again = await nobody.send(f"/search/{record}/holds", {"pickup": library.town.main})
    assert again.status_code == 422
    assert "Den kan ikke reserveres nu" in again.text


async def test_signing_in_leads_back_to_the_title(library: LendingLibrary, nobody: Visitor):
    library.clock.now = utc_now()
    reader = await library.reader()
    form = {"agency": library.town.isil, "card": reader.card, "pin": reader.pin, "next": "/search/7"}
    assert (await nobody.send("/mine/sign-in", form)).headers["location"] == "/search/7"


@pytest.mark.parametrize("path", ["/desk", "//evil.example", "https://evil.example/", "/patrons/1"])
async def test_signing_in_leads_nowhere_else(library: LendingLibrary, nobody: Visitor, path: str):
    library.clock.now = utc_now()
    reader = await library.reader()
    form = {"agency": library.town.isil, "card": reader.card, "pin": reader.pin, "next": path}
    assert (await nobody.send("/mine/sign-in", form)).headers["location"] == "/mine"


async def test_a_pin_is_changed_by_whoever_knows_it(reader: Reader, library: LendingLibrary, nobody: Visitor):
    wrong = await nobody.send("/mine/pin", {"old": "0000", "new": "9172", "again": "9172"})
    assert wrong.status_code == 400
    twice = await nobody.send("/mine/pin", {"old": reader.pin, "new": "9172", "again": "9173"})
    assert "ikke ens" in twice.text
    done = await nobody.send("/mine/pin", {"old": reader.pin, "new": "9172", "again": "9172"})
    assert "Pinkoden er skiftet" in done.text
    assert (await nobody.get("/mine")).headers["location"].startswith("/mine/sign-in")
    form = {"agency": library.town.isil, "card": reader.card, "pin": "9172"}
    assert (await nobody.send("/mine/sign-in", form)).status_code == 303


async def test_a_patron_cancels_and_renews_nothing_of_others(reader: Reader, library: LendingLibrary, nobody: Visitor):
    other, item = await library.reader(), await library.copy()
    await library.lend(other, item)
    loan = await library.run(lambda tx: tx.value("SELECT max(id) FROM loan WHERE agency_id = $1", tx.agency))
    page = await nobody.send("/mine/renewals", {"loan": loan})
    assert "1 af 1 fornyet" not in page.text
    assert "Frøken Smilla" not in page.text
