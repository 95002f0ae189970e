"""The desk as hands and eyes meet it: a real browser, counted keystrokes, and the checks of WCAG.

FAELLES_SCREENSHOTS names a folder for pictures of the pages, as the README shows them.
"""

import asyncio
import os
import re
import secrets
import shutil
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Browser, Page, async_playwright, expect

from circulation.lending_library import LendingLibrary
from doors.web.conftest import session_of_staff
from faelles.doors.rest import server
from faelles.doors.web import app
from faelles.ground.clock import utc_now
from faelles.ground.config import read_config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.model import EVERY_PERMISSION

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PAGES = [
    "/",
    "/desk",
    "/patrons",
    "/patrons/new",
    "/titles",
    "/lists/picks",
    "/lists/hold-shelf",
    "/lists/on-the-way",
    "/lists/work",
]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None and os.environ.get("CI"):
        pytest.fail("no browser: tools/browser installs one")
    if path is None:
        pytest.skip("no browser on this machine: tools/browser installs one where it may")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=QUIET)
        yield opened
        await opened.close()


@pytest.fixture(scope="session")
async def address(database: Database, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Where the pages are served, on a real port."""
    config = replace(read_config({"FAELLES_STATE": str(tmp_path_factory.mktemp("state"))}), http_port=0)
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(
        server.serve(config, database, keyring, neighbours={"/": app.create}, tell=opened.set_result)
    )
    yield await opened
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 20)


@pytest.fixture(params=["light"])
async def page(
    request: pytest.FixtureRequest, browser: Browser, address: str, library: LendingLibrary
) -> AsyncIterator[Page]:
    """A librarian's browser, signed in."""
    library.clock.now = utc_now()
    session = await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    context = await browser.new_context(
        base_url=address, viewport={"width": 1280, "height": 900}, color_scheme=request.param, locale="da-DK"
    )
    await context.add_cookies([{"name": "faelles_session", "value": session, "url": address}])
    opened = await context.new_page()
    broken: list[str] = []
    opened.on("pageerror", lambda problem: broken.append(str(problem)))
    opened.on("console", lambda message: broken.append(message.text) if "Content Security" in message.text else None)
    yield opened
    await context.close()
    assert broken == []


class Hands:
    """Somebody with a scanner and a keyboard, whose every use is counted. A scanner types fast and presses Enter."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.scans = self.keys = 0

    async def scan(self, code: str) -> None:
        self.scans += 1
        await self.page.keyboard.insert_text(code)
        await self.page.keyboard.press("Enter")

    async def press(self, key: str) -> None:
        self.keys += 1
        await self.page.keyboard.press(key)

    async def answered(self, count: int) -> None:
        await expect(self.page.locator("#log .entry")).to_have_count(count, timeout=20_000)

    @property
    def latest(self):
        return self.page.locator("#log .entry").first


@pytest.fixture
async def hands(page: Page) -> Hands:
    await page.goto("/desk")
    return Hands(page)


async def test_five_books_are_lent_with_six_scans_and_nothing_else(hands: Hands, library: LendingLibrary):
    reader, items = await library.reader(), [await library.copy() for _ in range(5)]
    await hands.scan(reader.card)
    for item in items:
        await hands.scan(item)
    await hands.answered(6)
    assert [await library.state_of(item) for item in items] == ["on_loan"] * 5
    assert (hands.scans, hands.keys) == (6, 0)
    await picture(hands.page, "desk")


async def test_twenty_scans_without_a_pause_are_all_done_in_their_order(hands: Hands, library: LendingLibrary):
    reader, items = await library.reader("child"), [await library.copy() for _ in range(19)]
    await hands.scan(reader.card)
    for item in items:
        await hands.scan(item)
    await hands.answered(20)
    numbers = await hands.page.locator("#log .entry .number").all_inner_texts()
    assert numbers == list(reversed(items))


async def test_what_was_lent_is_taken_back_once_the_patron_is_closed(hands: Hands, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    await hands.scan(item)
    await hands.answered(1)
    await expect(hands.latest).to_contain_text("Afleveret.")
    assert await library.state_of(item) != "on_loan"


async def test_escape_closes_the_patron_and_a_key_undoes(hands: Hands, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await hands.scan(reader.card)
    await hands.scan(item)
    await hands.answered(2)
    await hands.press("Alt+z")
    await hands.answered(3)
    await expect(hands.latest).to_contain_text("Fortrudt.")
    await hands.press("Escape")
    await expect(hands.page.locator("#panel")).to_contain_text("Ingen låner er åben")
    assert await library.state_of(item) == "available"


async def test_the_field_has_the_focus_after_every_answer(hands: Hands, library: LendingLibrary):
    reader = await library.reader()
    await hands.scan(reader.card)
    await hands.answered(1)
    await expect(hands.page.locator("#scan")).to_be_focused()
    await expect(hands.page.locator("#scan")).to_have_value("")


async def test_scans_wait_while_the_network_is_away_and_none_is_lost(hands: Hands, library: LendingLibrary):
    reader, items = await library.reader(), [await library.copy() for _ in range(3)]
    await hands.page.context.set_offline(True)
    await hands.scan(reader.card)
    for item in items:
        await hands.scan(item)
    await expect(hands.page.locator("#queue")).to_contain_text("Ingen forbindelse")
    await hands.page.context.set_offline(False)
    await hands.answered(4)
    assert [await library.state_of(item) for item in items] == ["on_loan"] * 3


async def test_the_keys_are_told_and_the_menu_opens_by_them(hands: Hands):
    await hands.press("?")
    await expect(hands.page.locator("#keys")).to_be_visible()
    await hands.press("Escape")
    await hands.press("Alt+3")
    await expect(hands.page).to_have_url(f"{hands.page.url.rpartition('/')[0]}/titles")


async def test_a_new_borrower_is_registered_from_the_keyboard_and_open_at_once(page: Page):
    await page.goto("/patrons")
    await page.keyboard.press("Alt+n")
    await expect(page.locator("#cpr")).to_be_focused()
    card = f"NY{secrets.randbelow(10**8):08d}"
    await page.keyboard.press("Tab")
    await page.keyboard.type("Åse Ærlig")
    await page.locator("#birth_date").fill("1990-05-17")
    await page.locator("#card").fill(card)
    await page.locator("#card").press("Enter")
    await expect(page.locator("#panel")).to_contain_text("Åse Ærlig")
    await expect(page.locator("#panel")).to_contain_text(card)


async def test_every_page_keeps_the_rules_of_accessibility(page: Page, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    assert await violations(page, [*PAGES, f"/patrons/{reader.id}", f"/desk?patron={reader.id}"]) == []


async def test_a_patrons_own_pages_keep_them(page: Page, library: LendingLibrary):
    reader = await library.reader()
    await library.lend(reader, await library.copy())
    await page.context.clear_cookies()
    found = await violations(page, ["/sign-in", "/mine/sign-in"])
    await page.locator("#agency").select_option(library.town.isil)
    await page.locator("#card").fill(reader.card)
    await page.locator("#pin").fill(reader.pin)
    await page.locator("#pin").press("Enter")
    await expect(page).to_have_url(re.compile("/mine$"))
    assert found + await violations(page, ["/mine"]) == []


@pytest.mark.parametrize("page", ["dark"], indirect=True)
async def test_the_dark_theme_keeps_them_too(page: Page, library: LendingLibrary):
    reader = await library.reader()
    assert await violations(page, ["/", f"/desk?patron={reader.id}", "/lists/work"]) == []


@pytest.mark.parametrize("width", [320, 375, 768])
async def test_no_page_is_wider_than_the_screen(page: Page, width: int):
    await page.set_viewport_size({"width": width, "height": 800})
    for path in PAGES:
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def violations(page: Page, paths: list[str]) -> list[str]:
    found = []
    for path in paths:
        await page.goto(path)
        answer = await Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
        found += [f"{path}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in answer.response["violations"]]
    return found


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FAELLES_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")
