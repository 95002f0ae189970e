"""Every page that staff may open, in both languages: WCAG 2.2 AA in both themes, and nothing wider than the screen. In
Danish, whose words are the longest, on a telephone and with all rules; in English up to a desk's width. The pages are
those of the routes; what a page shows is the municipality with one of everything.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Browser, Page, ViewportSize

from doors.rest.furniture import Furniture, filled
from doors.web.browsing import WCAG
from doors.web.sessions import session_of_staff
from doors.web.walk import PAGES
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.people.model import EVERY_PERMISSION
from waiting import PATIENCE

PARTS = 4
"""For as many processes."""
LOOK = """
([rules, beside]) => axe.run({ exclude: beside }, {
  runOnly: rules, resultTypes: ["violations"], preload: false, rules: { "css-orientation-lock": { enabled: false } },
})
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 140)}`))
"""
"""Without reading every style sheet once more for the one rule that asks whether a screen may be turned."""
ALL = {"type": "tag", "values": WCAG}
COLOURS = {"type": "rule", "values": ["color-contrast"]}
FRAME = ["header.top", "#keys"]
"""The same on every page: it is looked at on the first one of a walk."""
TELEPHONE = 320
WIDER = (768, 1280)


def addresses(furniture: Furniture) -> list[str]:
    found = []
    for route in PAGES:
        if route.path.endswith(".csv"):
            continue
        example = route.access.example
        query = filled(dict(example.query), furniture.objects)
        found.append(route.path.format(**filled(dict(example.path), furniture.objects)) + "?" + urlencode(query))
    return found


async def faults_in_danish(page: Page, path: str, beside: Sequence[str]) -> list[str]:
    found = await opened(page, path)
    if not await page.evaluate("document.contentType === 'text/html'"):
        return found
    await page.evaluate(AXE_SCRIPT)
    found += await too_wide(page, TELEPHONE)
    found += await page.evaluate(LOOK, [ALL, beside])
    await page.emulate_media(color_scheme="light")
    found += await page.evaluate(LOOK, [COLOURS, beside])
    await page.emulate_media(color_scheme="dark")
    return found


async def faults_in_english(page: Page, path: str, _: Sequence[str]) -> list[str]:
    found = await opened(page, path)
    for width in WIDER:
        await page.set_viewport_size({"width": width, "height": 800})
        found += await too_wide(page, width)
    return found


async def opened(page: Page, path: str) -> list[str]:
    answer = await page.goto(path)
    if answer is None or not answer.ok:
        return [f"{answer and answer.status}"]
    return ["signed out"] if urlsplit(page.url).path == "/sign-in" else []


async def too_wide(page: Page, width: int) -> list[str]:
    return [f"wider than {width}"] if await page.evaluate("document.documentElement.scrollWidth") > width else []


WALKS = {"da": faults_in_danish, "en": faults_in_english}


async def walked(browser: Browser, address: str, session: str, language: str, paths: Sequence[str]) -> list[str]:
    viewport: ViewportSize = {"width": TELEPHONE, "height": 800}
    context = await browser.new_context(base_url=address, color_scheme="dark", viewport=viewport)
    context.set_default_timeout(PATIENCE * 1000)
    for name, value in (("faelles_session", session), ("faelles_language", language)):
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    page, found = await context.new_page(), []
    for place, path in enumerate(paths):
        found += [f"{path} ({language}): {each}" for each in await WALKS[language](page, path, FRAME if place else [])]
    await context.close()
    return found


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_page_keeps_the_rules_in_both_languages_and_themes(
    browser: Browser, address: str, showcase: Furniture, database: Database, part: int
):
    session = await database.run(showcase.town.agency, SYSTEM, lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    paths = addresses(showcase)[part::PARTS]
    found = await asyncio.gather(*(walked(browser, address, session, language, paths) for language in WALKS))
    assert "\n".join(sorted(each for walk in found for each in walk)) == ""
