"""The daily work as hands and eyes meet it: counted scans, keys and clicks, which may only become fewer."""

import asyncio
from datetime import timedelta

import pytest
from playwright.async_api import Page, Route, expect

from circulation.holds.wishing import title_of, wish
from circulation.lending_library import LendingLibrary, Reader
from doors.web.browsing import Hands, picture
from doors.web.school import a_class

A_CLASS = 28
MOST_SHELVED = 30


@pytest.fixture
async def at_main(page: Page, library: LendingLibrary) -> Page:
    """The browser of a desk in the main branch."""
    place = {"name": "faelles_place", "value": f"{library.town.isil}:{library.town.main}", "url": await _origin(page)}
    await page.context.add_cookies([place])  # type: ignore[list-item] # as Playwright takes it
    return page


async def _origin(page: Page) -> str:
    await page.goto("/sign-in")
    return str(await page.evaluate("location.origin"))


async def test_a_class_gets_its_books_in_two_scans_each(at_main: Page, library: LendingLibrary):
    pupils = await asyncio.gather(*(library.reader("child") for _ in range(A_CLASS)))
    books = await asyncio.gather(*(library.copy() for _ in range(A_CLASS)))
    await at_main.goto(f"/group-loan?class={await a_class(library, list(pupils))}")
    await at_main.locator("#answering").uncheck()
    await at_main.locator("#group-field").focus()
    hands = Hands(at_main)
    for pupil, book in zip(pupils, books, strict=True):
        await hands.scan(pupil.card)
        await hands.scan(book)
    await expect(at_main.locator("#lent-count")).to_have_text(str(A_CLASS))
    await expect(at_main.locator("#turn")).to_have_text("Alle har fået en bog.")
    assert (hands.scans, hands.keys, hands.clicks) == (2 * A_CLASS, 0, 0)
    assert {await library.state_of(book) for book in books} == {"on_loan"}
    await picture(at_main, "group-loan")


async def test_books_alone_follow_the_list_and_two_can_be_swapped(at_main: Page, library: LendingLibrary):
    pupils, books = [await library.reader("child") for _ in range(2)], [await library.copy() for _ in range(2)]
    await at_main.goto(f"/group-loan?class={await a_class(library, pupils)}")
    await at_main.locator("#answering").uncheck()
    await at_main.locator("#group-field").focus()
    hands = Hands(at_main)
    for book in books:
        await hands.scan(book)
    await expect(at_main.locator("#lent-count")).to_have_text("2")
    before = await at_main.locator("#pairs .books").all_inner_texts()
    for box in await at_main.locator("#pairs .book input").all():
        await hands.click(box)
    await hands.press("Alt+b")
    await expect(at_main.locator("#pairs .books").first).to_contain_text(before[1].strip())
    await hands.press("Alt+z")
    await expect(at_main.locator("#lent-count")).to_have_text("1")


async def test_a_pupil_chosen_while_a_scan_is_under_way_gets_the_next_book_and_not_that_one(
    at_main: Page, library: LendingLibrary
):
    pupils, books = [await library.reader("child") for _ in range(3)], [await library.copy() for _ in range(2)]
    await at_main.goto(f"/group-loan?class={await a_class(library, pupils)}")
    await at_main.locator("#answering").uncheck()
    await at_main.locator("#group-field").focus()
    is_chosen = asyncio.Event()

    async def slowly(route: Route) -> None:
        await is_chosen.wait()
        await route.continue_()

    await at_main.route("**/group-loan/scans", slowly)
    hands, rows = Hands(at_main), at_main.locator("#pairs tr[data-patron]")
    await hands.scan(books[0])
    await hands.click(rows.nth(2).locator("button"))
    is_chosen.set()
    await hands.scan(books[1])
    await expect(at_main.locator("#lent-count")).to_have_text("2")
    assert [books[1] in text for text in await rows.all_inner_texts()] == [False, False, True]
    await expect(rows.first).to_contain_text(books[0])


async def test_a_hold_is_collected_with_two_scans(at_main: Page, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await wish(library, reader, await title_of(library, item))
    await library.take_back(item)
    await at_main.goto("/desk")
    hands = Hands(at_main)
    await hands.scan(reader.card)
    await hands.scan(item)
    await hands.answered(2)
    assert (hands.scans, hands.keys, hands.clicks) == (2, 0, 0)
    assert await library.state_of(item) == "on_loan"


async def test_thirty_holds_are_shelved_with_thirty_scans(at_main: Page, library: LendingLibrary):
    items = await asyncio.gather(*(library.copy() for _ in range(MOST_SHELVED)))
    readers = [await library.reader() for _ in range(6)]
    for place, item in enumerate(items):
        await wish(library, readers[place % len(readers)], await title_of(library, item))
    await at_main.goto("/desk")
    hands = Hands(at_main)
    for item in items:
        await hands.scan(item)
    await hands.answered(MOST_SHELVED)
    assert (hands.scans, hands.keys, hands.clicks) == (MOST_SHELVED, 0, 0)
    await at_main.goto("/lists/hold-shelf")
    await expect(at_main.locator("#ready tbody tr")).to_have_count(MOST_SHELVED)


async def test_a_fee_dispute_is_settled_on_one_screen_with_the_keyboard(at_main: Page, library: LendingLibrary):
    reader = await late_reader(library)
    await at_main.goto(f"/patrons/{reader.id}/fees")
    hands = Hands(at_main)
    await hands.click(at_main.locator(".row-actions a").first)
    for said in ("dage for sent", "Takst den dag", "Frøken Smilla", "tæller", "Sendte beskeder"):
        await expect(at_main.locator("main")).to_contain_text(said)
    await at_main.locator("#forgive-reason").focus()
    await hands.type("Lå i kassen")
    await hands.press("Alt+w")
    await expect(at_main.locator("main")).to_contain_text("Kravet er eftergivet.")
    assert await library.owed(reader) == 0
    assert hands.clicks == 1
    await picture(at_main, "dispute")


async def late_reader(library: LendingLibrary) -> Reader:
    reader, item = await library.reader(), await library.copy()
    today = library.clock.now
    library.clock.now = today - timedelta(days=45)
    await library.lend(reader, item)
    library.clock.now = today
    await library.take_back(item)
    return reader
