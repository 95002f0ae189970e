"""Coming in and the public pages as eyes meet them, and the pictures that the README shows."""

import re

import pytest
from playwright.async_api import Page, expect

from circulation.lending_library import LendingLibrary
from doors.web.browsing import picture, violations

PHONE = {"width": 375, "height": 720}
STAFF = ["/", "/me", "/switch", "/sign-in/with"]


async def record_of(library: LendingLibrary, item: str) -> int:
    return await library.run(
        lambda tx: tx.value("SELECT record_id FROM item WHERE agency_id = $1 AND number = $2", tx.agency, item)
    )


async def speak(page: Page, address: str, language: str) -> None:
    await page.context.add_cookies([{"name": "faelles_language", "value": language, "url": address}])


@pytest.mark.parametrize(("page", "language"), [("light", "da"), ("dark", "en")], indirect=["page"])
async def test_the_ways_in_and_the_public_pages_keep_the_rules(
    page: Page, library: LendingLibrary, address: str, language: str
):
    await speak(page, address, language)
    found = await violations(page, STAFF)
    record = await record_of(library, await library.copy())
    await page.context.clear_cookies()
    await speak(page, address, language)
    chosen = f"/search?library={library.town.isil}&q=smilla"
    public = ["/search", chosen, f"/search/{record}", "/sign-in", "/sign-in/code"]
    assert found + await violations(page, public) == []
    for width in (320, 768):
        await page.set_viewport_size({"width": width, "height": 800})
        for path in public:
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_a_patron_reserves_from_the_telephone(page: Page, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    record = await record_of(library, item)
    await page.context.clear_cookies()
    await page.set_viewport_size(PHONE)
    await page.goto(f"/search?library={library.town.isil}&q=smilla")
    await page.get_by_role("link", name="Frøken Smilla").first.click()
    await page.goto(f"/search/{record}")
    await page.locator("#reserve a").click()
    await page.locator("#card").fill(reader.card)
    await page.locator("#pin").fill(reader.pin)
    await page.locator("#pin").press("Enter")
    await expect(page).to_have_url(re.compile(f"/search/{record}$"))
    await page.get_by_role("button", name="Reservér").click()
    await expect(page.get_by_role("status")).to_contain_text("Reserveret. Du er nummer 1")
    assert await violations(page, ["/mine", "/mine/notices", "/mine/pin"]) == []


SHELF = [
    ("Havet i bogen", "Rikke Vind", 2019),
    ("Havets stemmer", "Jon Bølge", 2021),
    ("Bag havet", "Ane Klit", 2008),
    ("Hjem over havet", "Tove Strand", 2024),
    ("Mellem hav og himmel", "Bo Fyr", 1997),
]
"""Books that nobody wrote."""


async def a_shelf_of_books(library: LendingLibrary) -> list[str]:
    """The numbers of one copy of each."""
    items = [await library.copy() for _ in SHELF]
    for item, (title, creator, year) in zip(items, SHELF, strict=True):
        await library.run(
            lambda tx, item=item, title=title, creator=creator, year=year: tx.execute(
                "UPDATE record SET title = $3, creators = ARRAY[$4], year = $5 WHERE agency_id = $1"
                " AND id = (SELECT record_id FROM item WHERE agency_id = $1 AND number = $2)",
                tx.agency,
                item,
                title,
                creator,
                year,
            )
        )
    return items


async def a_day_of_loans(library: LendingLibrary) -> None:
    """As many as a small library lends before noon, at hours of their own."""
    for _ in range(12):
        await library.lend(await library.reader(), await library.copy())
    await library.run(
        lambda tx: tx.execute(
            "UPDATE loan SET lent_at = (current_date + interval '1 hour' * (7 + (id % 7) * (id % 3) / 2))"
            " AT TIME ZONE 'Europe/Copenhagen' WHERE agency_id = $1",
            tx.agency,
        )
    )


async def test_what_the_readme_shows(page: Page, library: LendingLibrary, address: str):
    """One glance at each of the screens that are used most."""
    await page.set_viewport_size({"width": 1180, "height": 820})
    place = f"{library.town.isil}:{library.town.main}"
    await page.context.add_cookies([{"name": "faelles_place", "value": place, "url": address}])
    reader, items = await library.reader(), await a_shelf_of_books(library)
    await a_day_of_loans(library)
    for item in items[:3]:
        await library.lend(reader, item)
    record = await record_of(library, items[3])
    for name, path, what in (
        ("start", "/", "I dag"),
        ("patron", f"/patrons/{reader.id}", "Søren Låner"),
        ("title", f"/titles/{record}", "Hjem over havet"),
        ("policies", "/manage/policies", ""),
    ):
        await page.goto(path)
        await expect(page.locator("main")).to_contain_text(what)
        await picture(page, name)
    await page.context.clear_cookies()
    await page.goto(f"/search?library={library.town.isil}&q=hav")
    await expect(page.locator("main")).to_contain_text("Hjemme")
    await picture(page, "search")
    await page.set_viewport_size(PHONE)
    await page.goto(f"/search/{record}")
    await picture(page, "telephone")
