"""The desk as hands and eyes meet it: a real browser, counted keystrokes, and the checks of WCAG."""

import re
import secrets

from playwright.async_api import Page, expect

from circulation.lending_library import LendingLibrary
from doors.web.browsing import Hands, at_the_desk, picture, violations
from doors.web.sessions import session_of_staff
from faelles.people.model import EVERY_PERMISSION


async def placed(page: Page) -> Hands:
    """At a desk of which somebody has said where it stands, as is done once."""
    await page.goto("/desk")
    here = page.get_by_role("button", name="Skranken står her")
    await here.click()
    await expect(here).to_have_count(0)
    return await at_the_desk(page)


async def test_five_books_are_lent_with_six_scans_and_nothing_else(page: Page, library: LendingLibrary):
    hands = await placed(page)
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


async def test_what_was_sent_before_it_was_undone_is_told(hands: Hands):
    """As where another tab sends it while the finger is on the button."""
    late = '<button type="button" data-action="untake" data-scan="424242">'
    await hands.page.locator("#log").evaluate("(log, late) => log.insertAdjacentHTML('beforeend', late)", late)
    await hands.press("Alt+z")
    await hands.answered(1)
    await expect(hands.latest).to_contain_text("ikke fortrudt")


async def test_the_field_has_the_focus_after_every_answer(hands: Hands, library: LendingLibrary):
    reader = await library.reader()
    await hands.scan(reader.card)
    await hands.answered(1)
    await expect(hands.page.locator("#scan")).to_be_focused()
    await expect(hands.page.locator("#scan")).to_have_value("")


async def test_the_focus_comes_back_after_buttons_dialogs_and_other_windows(hands: Hands, library: LendingLibrary):
    field, reader = hands.page.locator("#scan"), await library.reader()
    await hands.scan(reader.card)
    await hands.scan(await library.copy())
    await hands.answered(2)
    await hands.latest.locator('[data-action="undo"]').click()
    await hands.answered(3)
    await expect(field).to_be_focused()
    await hands.press("?")
    await hands.page.locator("#keys button").click()
    await expect(field).to_be_focused()
    await hands.page.evaluate("document.activeElement.blur(); window.dispatchEvent(new Event('focus'))")
    await expect(field).to_be_focused()


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


async def test_what_was_typed_outlives_the_session_for_whoever_typed_it(page: Page, library: LendingLibrary):
    own = await page.context.cookies()
    await page.goto("/patrons/new")
    await page.locator("#pin").fill("4711")
    await page.locator("#street").fill("230479-0001")
    await page.locator("#language").select_option("en")
    await _signed_out(page, "Åse Ærlig")
    back = str(await page.locator("main .button-primary").get_attribute("href"))
    assert back == "/sign-in?next=%2Fpatrons%2Fnew"
    await page.context.add_cookies(own)
    await page.goto("/patrons/new")
    await expect(page.locator("#typed-is-back")).to_be_visible()
    assert [await page.locator(each).input_value() for each in ("#name", "#language")] == ["Åse Ærlig", "en"]
    assert [await page.locator(each).input_value() for each in ("#pin", "#street")] == ["", ""]
    await _signed_out(page, "Bo Borte")
    colleague = await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    await page.context.add_cookies([{**own[0], "value": colleague}])
    await page.goto("/patrons/new")
    assert await page.locator("#name").input_value() == ""
    assert await page.evaluate("sessionStorage.length") == 0


async def _signed_out(page: Page, name: str) -> None:
    """Somebody types a name into the form, and is signed out before it is sent."""
    await page.locator("#name").fill(name)
    await page.context.clear_cookies()
    await page.locator("#name").press("Enter")
    await expect(page.locator("#typed-waits")).to_be_visible()


async def test_the_desk_keeps_the_rules_of_accessibility_with_somebody_open(page: Page, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    assert await violations(page, [f"/desk?patron={reader.id}", "/desk/kept/da", "/group-loan/kept/da"]) == []


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
    await page.set_viewport_size({"width": 375, "height": 800})
    await page.goto("/")
    await expect(page).to_have_url(re.compile("/mine$"))
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
    assert found + await violations(page, ["/mine"]) == []
