"""Where the desk stands and who is open: seen where hands and eyes are, on a telephone and enlarged to 200 %"""

import pytest
from playwright.async_api import Page, expect

from circulation.holds.wishing import title_of, wish
from circulation.lending_library import LendingLibrary
from doors.web.browsing import Hands
from doors.web.visitor import Visitor

NARROW, WIDE = {"width": 640, "height": 450}, {"width": 1280, "height": 900}
UNNAMED = "Ingen har sagt, hvor denne skranke står"


@pytest.mark.parametrize("page", ["/", "/desk", "/group-loan"])
async def test_a_desk_that_nobody_has_placed_asks_where_it_stands(
    page: str, employee: Visitor, library: LendingLibrary
):
    assert UNNAMED in (await employee.get(page)).text
    employee.http.cookies.set("faelles_place", f"{library.town.isil}:{library.town.main}", domain="faelles.test")
    assert UNNAMED not in (await employee.get(page)).text


async def test_one_click_says_that_the_desk_stands_where_it_seems_to(page: Page):
    await page.goto("/desk")
    await expect(page.locator("#scan")).to_be_focused()
    await page.locator(".place-guessed button").click()
    await expect(page.locator("#scan")).to_be_focused()
    await expect(page.locator(".place-guessed")).to_have_count(0)


async def test_who_is_open_and_what_stops_them_is_seen_beside_the_field_where_there_is_no_room_for_the_panel(
    hands: Hands, library: LendingLibrary
):
    reader = await library.reader()
    block = (
        "INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by)"
        " VALUES ($1, $2, 'M', current_date - 1, 'staff:1')"
    )
    await library.run(lambda tx: tx.execute(block, tx.agency, reader.id))
    beside = hands.page.locator("#open-now")
    await expect(beside).to_be_hidden()
    await hands.page.locator(".place-guessed button").click()
    await expect(hands.page.locator(".place-guessed")).to_have_count(0)
    await hands.page.set_viewport_size(NARROW)
    await expect(beside).to_have_text("Ingen låner er åben: materialer, der scannes, afleveres.")
    await hands.scan(reader.card)
    await expect(beside).to_have_text("Søren Låner · Spærret")
    await expect(beside).to_be_in_viewport()
    await expect(hands.latest.locator(".said")).to_be_in_viewport()
    await hands.press("Escape")
    await expect(beside).to_contain_text("Ingen låner er åben")


async def test_a_name_without_a_blank_makes_no_page_wider(hands: Hands, library: LendingLibrary):
    reader = await library.reader()
    sql = "UPDATE patron SET name = $3 WHERE agency_id = $1 AND id = $2"
    await library.run(lambda tx: tx.execute(sql, tx.agency, reader.id, "W" * 190))
    for size in (NARROW, WIDE):
        await hands.page.set_viewport_size(size)
        await hands.page.goto(f"/desk?patron={reader.id}")
        await hands.scan("x" * 100)
        await hands.answered(1)
        assert await hands.page.evaluate("document.documentElement.scrollWidth") == size["width"]
        panel, log = [hands.page.locator(each) for each in ("#panel", "#log .entry .number")]
        for box in (panel, log):
            assert await box.evaluate("(box) => box.scrollWidth <= Math.max(box.clientWidth, 640)")


async def test_where_a_copy_goes_is_read_as_easily_as_what_was_done(hands: Hands, library: LendingLibrary):
    item = await library.copy()
    await wish(library, await library.reader(), await title_of(library, item))
    await hands.scan(item)
    await hands.answered(1)
    said, line = hands.latest.locator(".said"), hands.latest.locator(".line").first
    size = "(box) => getComputedStyle(box).fontSize"
    assert await line.evaluate(size) == await said.evaluate(size)
