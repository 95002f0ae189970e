"""The daily work as hands and eyes meet it: counted scans, keys and clicks, which may only become fewer."""

import asyncio
from datetime import timedelta

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Page, expect

from circulation.holds.wishing import title_of, waits, wish
from circulation.lending_library import LendingLibrary, Reader
from doors.web.browsing import Hands, picture
from doors.web.school import a_class

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
A_CLASS = 28
MOST_SHELVED = 30
NARROWEST = 320


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
    await expect(at_main.locator("#lent-count")).to_have_text(str(A_CLASS), timeout=60_000)
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


async def daily_pages(page: Page, library: LendingLibrary) -> list[str]:
    """One of each kind, with something on it."""
    reader, item = await late_reader(library), await library.copy()
    await library.lend(reader, item)
    placed = await waits(library, await title_of(library, item))
    await page.goto(f"/patrons/{reader.id}/fees")
    dispute = await page.locator(".row-actions a").first.get_attribute("href") or ""
    await page.goto(f"/items?number={item}")
    copy = page.url.rpartition("/")[2]
    patron = [f"/patrons/{reader.id}{tab}" for tab in ("", "/loans?closed=true", "/holds", "/fees?all=true")]
    patron += [f"/patrons/{reader.id}/{tab}" for tab in ("messages", "cards", "relations", "edit", "looks")]
    others = ["/titles/new", "/group-loan", "/tills", "/lists/searches", "/lists/hold-shelf", f"/items/{copy}"]
    return [*patron, dispute, *others, f"/items/{copy}/edit", f"/labels?item={copy}", f"/holds/{placed}"]


async def test_the_pages_keep_the_rules_of_accessibility(at_main: Page, library: LendingLibrary):
    assert await faults(at_main, await daily_pages(at_main, library)) == []


@pytest.mark.parametrize("page", ["dark"], indirect=True)
async def test_the_dark_theme_keeps_them_too(at_main: Page, library: LendingLibrary):
    pages = await daily_pages(at_main, library)
    assert await faults(at_main, [page for page in pages if "/fees/" in page or "/cards" in page]) == []


async def faults(page: Page, paths: list[str]) -> list[str]:
    """What axe finds, and pages that do not fit on a small telephone."""
    found = []
    for path in paths:
        await page.goto(path)
        answer = await Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
        found += [f"{path}: {each['id']}: {each['nodes'][0]['html'][:160]}" for each in answer.response["violations"]]
        await page.set_viewport_size({"width": NARROWEST, "height": 800})
        if await page.evaluate("document.documentElement.scrollWidth") > NARROWEST:
            found.append(f"{path} is wider than the screen")
        await page.set_viewport_size({"width": 1280, "height": 900})
    return found
