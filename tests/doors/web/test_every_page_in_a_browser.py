"""Every page that staff may open, in English, in both themes, from a telephone's width to a desk's: WCAG 2.2 AA, and
nothing wider than the screen. The pages are those of the routes; what a page shows is the municipality with one of
everything.
"""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT  # type: ignore[import-untyped] # it has no types
from playwright.async_api import Browser, Page

from doors.rest.furniture import Furniture, filled
from doors.web.browsing import WCAG
from doors.web.sessions import session_of_staff
from doors.web.test_pages import PAGES
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.people.model import EVERY_PERMISSION
from waiting import PATIENCE

PARTS = 4
"""For as many processes."""
AT_ONCE = 2
WIDTHS = (320, 768, 1280)
LOOK = """
(rules) => axe.run(document, {
  runOnly: rules, resultTypes: ["violations"], preload: false, rules: { "css-orientation-lock": { enabled: false } },
})
  .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 140)}`))
"""
"""Without reading every style sheet once more for the one rule that asks whether a screen may be turned."""
ALL = {"type": "tag", "values": WCAG}
COLOURS = {"type": "rule", "values": ["color-contrast"]}


def addresses(furniture: Furniture) -> list[str]:
    found = []
    for route in PAGES:
        if route.path.endswith(".csv"):
            continue
        example = route.access.example
        query = filled(dict(example.query), furniture.objects)
        found.append(route.path.format(**filled(dict(example.path), furniture.objects)) + "?" + urlencode(query))
    return found


async def faults(page: Page, path: str) -> Sequence[str]:
    """What is wrong with one page, loaded once. What is no page (a picture, what a script asks) has nothing wrong."""
    answer = await page.goto(path)
    await page.emulate_media(color_scheme="dark")
    if answer is None or not answer.ok:
        return [f"{path}: {answer and answer.status}"]
    if not answer.headers.get("content-type", "").startswith("text/html"):
        return []
    found = ["signed out"] if urlsplit(page.url).path == "/sign-in" else []
    await page.evaluate(AXE_SCRIPT)
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        if await page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"wider than {width}")
        if width == WIDTHS[0]:
            found += await page.evaluate(LOOK, ALL)
    await page.emulate_media(color_scheme="light")
    found += await page.evaluate(LOOK, COLOURS)
    return [f"{path}: {each}" for each in found]


@pytest.mark.parametrize("part", range(PARTS))
async def test_every_page_keeps_the_rules_at_every_width_in_both_themes(
    browser: Browser, address: str, showcase: Furniture, database: Database, part: int
):
    session = await database.run(showcase.town.agency, SYSTEM, lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    context = await browser.new_context(base_url=address)
    context.set_default_timeout(PATIENCE * 1000)
    for name, value in (("faelles_session", session), ("faelles_language", "en")):
        await context.add_cookies([{"name": name, "value": value, "url": address}])
    waiting = addresses(showcase)[part::PARTS]

    async def walk() -> list[str]:
        page, found = await context.new_page(), []
        while waiting:
            found += await faults(page, waiting.pop())
        return found

    found = await asyncio.gather(*(walk() for _ in range(AT_ONCE)))
    await context.close()
    assert "\n".join(sorted(each for walked in found for each in walked)) == ""
