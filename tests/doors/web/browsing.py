"""A browser for the tests: one for the run, a server on a real port, somebody signed in, and hands that are counted.

FAELLES_SCREENSHOTS names a folder for pictures of the pages, as the README shows them.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from circulation.lending_library import LendingLibrary
from doors.web.sessions import session_of_staff
from faelles.doors.rest import server
from faelles.doors.rest.services import Limits
from faelles.doors.web import app
from faelles.ground.clock import utc_now
from faelles.ground.config import read_config
from faelles.ground.crypto import Keyring
from faelles.ground.database import Database
from faelles.people.model import EVERY_PERMISSION
from waiting import PATIENCE

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BRISK = Limits(seconds_to_finish=5)
expect.set_options(timeout=PATIENCE * 1000)
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first that is there: without the parts that only a window needs, it takes half the work."""
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # It would start a process in store for whatever is opened next, for every page of every test.
    "--disable-features=SpareRendererForSitePerProcess",
    "--no-first-run",
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
    stop = asyncio.Event()
    pages = {"/": app.create}
    running = asyncio.create_task(
        server.serve(config, database, keyring, limits=BRISK, neighbours=pages, tell=opened.set_result, stop=stop)
    )
    await asyncio.wait({running, opened}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    yield opened.result()
    stop.set()
    await asyncio.wait_for(running, PATIENCE)


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
    opened.set_default_timeout(PATIENCE * 1000)
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
        self.scans = self.clicks = self.keys = 0

    async def scan(self, code: str) -> None:
        self.scans += 1
        await self.page.keyboard.insert_text(code)
        await self.page.keyboard.press("Enter")

    async def press(self, key: str) -> None:
        self.keys += 1
        await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        self.keys += len(text)
        await self.page.keyboard.insert_text(text)

    async def click(self, target: Locator) -> None:
        self.clicks += 1
        await target.click()

    async def answered(self, count: int) -> None:
        await expect(self.page.locator("#log .entry")).to_have_count(count)

    @property
    def latest(self) -> Locator:
        return self.page.locator("#log .entry").first


async def at_the_desk(page: Page) -> Hands:
    """The desk's page, ready: what is typed before goes nowhere."""
    await page.goto("/desk")
    await expect(page.locator("#scan")).to_be_focused()
    return Hands(page)


@pytest.fixture
async def hands(page: Page) -> Hands:
    return await at_the_desk(page)


async def violations(page: Page, paths: list[str]) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA on each page."""
    found: list[str] = []
    for path in paths:
        await page.goto(path)
        # Axe would write out every element that is as it should be, too.
        options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
        answer = await Axe().run(page, options=options)
        found += [f"{path}: {each['id']}: {each['nodes'][0]['html'][:120]}" for each in answer.response["violations"]]
    return found


async def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("FAELLES_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")
