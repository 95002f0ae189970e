"""The screens that manage, in a real browser: by the keyboard, and what is typed is not lost."""

from playwright.async_api import Page, expect

from circulation.lending_library import LendingLibrary


async def test_a_rule_is_tried_out_and_saved_with_the_keyboard(page: Page, library: LendingLibrary):
    await library.lend(await library.reader(), await library.copy())
    await page.goto(f"/manage/policies/loan_days?at=agency&patron={library.groups['adult']}&material=1")
    await page.locator("#value").fill("17")
    await page.locator("#value").press("Enter")
    await expect(page.locator("#tried")).to_contain_text("17 dage")
    await page.get_by_role("button", name="Gem reglen").press("Enter")
    await expect(page.locator(".big")).to_have_text("17 dage")


async def test_leaving_with_something_typed_is_asked_about(page: Page, library: LendingLibrary):
    await page.goto("/manage/policies/loan_days?at=agency")
    asked: list[str] = []

    async def stay(dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.locator("#value").fill("17")
    await page.get_by_role("link", name="Roller").click(no_wait_after=True)
    await expect(page.locator("#value")).to_have_value("17")
    assert asked == ["beforeunload"]
