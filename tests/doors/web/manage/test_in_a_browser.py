"""The screens that manage, in a real browser: WCAG, small screens, and what is typed is not lost."""

import pytest
from playwright.async_api import Page, expect

from circulation.lending_library import LendingLibrary
from doors.web.browsing import violations
from faelles.people.staff.operations import seed_roles

SCREENS = [
    "/manage",
    "/manage/policies",
    "/manage/policies/loan_days",
    "/manage/policies/lendable?at=agency&patron=2&material=2",
    "/manage/groups/material",
    "/manage/agency",
    "/manage/branches",
    "/manage/closings",
    "/manage/staff",
    "/manage/roles/new",
    "/manage/machines",
    "/manage/clients/new",
    "/manage/support",
    "/manage/events",
    "/manage/looks",
]


async def test_the_screens_keep_the_rules_of_accessibility(page: Page, library: LendingLibrary):
    await library.run(seed_roles)
    branch = f"/manage/branches/{library.town.main}"
    assert await violations(page, [*SCREENS, branch, f"{branch}/hours", "/manage/roles/librarian"]) == []


@pytest.mark.parametrize("page", ["dark"], indirect=True)
async def test_so_they_do_in_the_dark(page: Page, library: LendingLibrary):
    hours = f"/manage/branches/{library.town.main}/hours"
    assert await violations(page, ["/manage/policies", "/manage/policies/loan_days", hours]) == []


async def test_no_screen_is_wider_than_a_telephone(page: Page, library: LendingLibrary):
    await page.set_viewport_size({"width": 375, "height": 800})
    for path in [*SCREENS, f"/manage/branches/{library.town.main}/hours"]:
        await page.goto(path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375, path


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
