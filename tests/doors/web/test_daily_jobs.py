"""The twenty jobs of a day at the desk, from end to end in a browser, and what each costs in hands.

`daily_jobs.json` holds the scans, clicks and keys of each job (of a text every letter). They may only fall: a job that
costs more fails the test, and one that costs less asks for the ledger to be lowered.
"""

import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from circulation.holds.wishing import wish
from circulation.lending_library import LendingLibrary
from doors.web.browsing import Hands, at_the_desk

LEDGER = Path(__file__).with_name("daily_jobs.json")
Cost = dict[str, int]


@dataclass
class Day:
    """One desk, and what every job done at it has cost so far."""

    page: Page
    library: LendingLibrary
    costs: dict[str, Cost] = field(default_factory=dict)

    async def do(self, name: str, job: Callable[["Day", Hands], Awaitable[None]]) -> None:
        hands = await at_the_desk(self.page)
        await job(self, hands)
        self.costs[name] = {"scans": hands.scans, "clicks": hands.clicks, "keys": hands.keys}

    async def shelved(self) -> tuple[str, str]:
        """A borrower's card and the copy that stands ready for them here."""
        reader, item = await self.library.reader(), await self.library.copy()
        await wish(self.library, reader, item=item, pickup=self.library.town.main)
        hands = Hands(self.page)
        await hands.scan(item)
        await expect(hands.latest).to_contain_text("fhentningshylde")
        await at_the_desk(self.page)
        return reader.card, item


async def lend_five(day: Day, hands: Hands) -> None:
    reader, items = await day.library.reader(), [await day.library.copy() for _ in range(5)]
    await hands.scan(reader.card)
    for item in items:
        await hands.scan(item)
    await hands.answered(6)
    assert [await day.library.state_of(item) for item in items] == ["on_loan"] * 5
    await expect(day.page.locator("#loan-count")).to_have_text("5")


async def return_three(day: Day, hands: Hands) -> None:
    reader, items = await day.library.reader(), [await day.library.copy() for _ in range(3)]
    for item in items:
        await day.library.lend(reader, item)
    for item in items:
        await hands.scan(item)
    await hands.answered(3)


async def collect_a_hold(day: Day, hands: Hands) -> None:
    card, item = await day.shelved()
    await hands.scan(card)
    await hands.scan(item)
    await hands.answered(2)
    await expect(hands.latest).to_contain_text("Udlånt.")


async def shelve_three_holds(day: Day, hands: Hands) -> None:
    """Thirty of them are thirty scans: each is told its place on the shelf."""
    items = []
    for _ in range(3):
        reader, item = await day.library.reader(), await day.library.copy()
        await wish(day.library, reader, item=item, pickup=day.library.town.main)
        items.append(item)
    for item in items:
        await hands.scan(item)
    await hands.answered(3)
    await expect(day.page.locator("#log .entry .slip")).to_have_count(3)


async def renew_everything(day: Day, hands: Hands) -> None:
    reader, item = await day.library.reader(), await day.library.copy()
    await day.library.lend(reader, item)
    await hands.scan(reader.card)
    await hands.answered(1)
    await hands.press("Alt+r")
    await hands.answered(2)


async def undo_a_loan(day: Day, hands: Hands) -> None:
    reader, item = await day.library.reader(), await day.library.copy()
    await hands.scan(reader.card)
    await hands.scan(item)
    await hands.answered(2)
    await hands.press("Alt+z")
    await hands.answered(3)
    assert await day.library.state_of(item) == "available"


async def lend_all_the_same(day: Day, hands: Hands) -> None:
    reader, item = await day.library.reader(), await day.library.copy("reference")
    await hands.scan(reader.card)
    await hands.scan(item)
    await hands.answered(2)
    await expect(hands.latest.locator(".rule").or_(hands.latest.locator(".whys")).first).to_be_visible()
    await hands.press("Alt+o")
    await hands.type("Aftalt")
    await hands.press("Enter")
    await hands.answered(3)
    await expect(hands.latest).to_contain_text("Udlånt.")
    await expect(day.page.locator("#scan")).to_be_focused()


async def change_borrower(day: Day, hands: Hands) -> None:
    """The next in the queue: their card is enough."""
    first, second = await day.library.reader(), await day.library.reader()
    await hands.scan(first.card)
    await hands.scan(second.card)
    await hands.answered(2)
    await expect(day.page.locator("#panel")).to_contain_text(second.card)


async def take_back_between_loans(day: Day, hands: Hands) -> None:
    reader, mine = await day.library.reader(), await day.library.copy()
    await day.library.lend(reader, mine)
    await hands.scan(reader.card)
    await hands.press("Escape")
    await hands.scan(mine)
    await hands.answered(2)
    await expect(hands.latest).to_contain_text("Afleveret.")


async def print_a_receipt(day: Day, hands: Hands) -> None:
    reader, item = await day.library.reader(), await day.library.copy()
    await day.page.evaluate("window.print = () => { document.title = 'printed'; }")
    await hands.scan(reader.card)
    await hands.scan(item)
    await hands.answered(2)
    await hands.press("Alt+k")
    await expect(day.page).to_have_title("printed")


async def find_a_borrower_by_name(day: Day, hands: Hands) -> None:
    await hands.type("søren låner")
    await hands.press("Enter")
    await hands.answered(1)
    await hands.click(hands.latest.locator(".found a").first)
    await expect(day.page.locator("#panel h2")).to_contain_text("Søren Låner")


async def find_a_title(day: Day, hands: Hands) -> None:
    await hands.press("Alt+3")
    await expect(day.page).to_have_url(re.compile("/titles"))
    await hands.type("smilla")
    await hands.press("Enter")
    await expect(day.page).to_have_url(re.compile("/titles"))


async def register_a_borrower(day: Day, hands: Hands) -> None:
    began, card = time.monotonic(), f"NY{secrets.randbelow(10**8):08d}"
    await hands.press("Alt+2")
    await expect(day.page.locator("#name")).to_be_focused()
    await hands.press("Alt+n")
    await expect(day.page.locator("#cpr")).to_be_focused()
    await hands.press("Tab")
    await hands.type("Åse Ærlig")
    await hands.press("Tab")
    await day.page.locator("#birth_date").fill("1990-05-17")
    hands.keys += len("17051990")
    await day.page.locator("#card").focus()
    await hands.press("Tab")
    await day.page.locator("#card").focus()
    await hands.scan(card)
    await expect(day.page.locator("#panel")).to_contain_text("Åse Ærlig")
    assert time.monotonic() - began < 30


async def settle_a_doubt_about_a_fee(day: Day, hands: Hands) -> None:
    """From the borrower to the end of it: the whole story and the decision are one screen."""
    reader, item, clock = await day.library.reader(), await day.library.copy(), day.library.clock
    today, clock.now = clock.now, clock.now - timedelta(days=60)
    await day.library.lend(reader, item)
    clock.now = today
    await day.library.take_back(item)
    await hands.scan(reader.card)
    await hands.answered(1)
    await hands.click(day.page.locator("#panel h2 a"))
    await hands.click(day.page.locator(".tabs a[href$='/fees']"))
    await hands.click(day.page.locator(".row-actions a").first)
    await expect(day.page.locator("#why")).to_be_visible()
    await expect(day.page.locator("#settle")).to_be_visible()
    await hands.click(day.page.locator("#settle input[name=reason]"))
    await hands.type("Syg")
    await hands.press("Alt+w")
    await expect(day.page).to_have_url(re.compile("done=waived"))
    assert await day.library.owed(reader) == 0


async def fetch_what_is_wanted(day: Day, hands: Hands) -> None:
    await hands.press("Alt+4")
    await expect(day.page).to_have_url(re.compile("/lists/picks"))


async def clear_the_hold_shelf(day: Day, hands: Hands) -> None:
    await hands.press("Alt+5")
    await expect(day.page).to_have_url(re.compile("/lists/hold-shelf"))


async def see_what_is_late_on_its_way(day: Day, hands: Hands) -> None:
    await hands.press("Alt+6")
    await expect(day.page).to_have_url(re.compile("/lists/on-the-way"))


async def settle_what_must_be_looked_into(day: Day, hands: Hands) -> None:
    await day.library.run(
        lambda tx: tx.execute(
            "INSERT INTO work_entry (agency_id, branch_id, kind, scanned_item, details, happened_at, recorded_at,"
            " recorded_by) VALUES ($1, $2, 'offline_checkout', '5000000009',"
            """ '{"conflicts": "material_not_found"}', $3, $3, 'staff:1')""",
            tx.agency,
            day.library.town.main,
            tx.now,
        )
    )
    await hands.press("Alt+7")
    await expect(day.page.locator("table")).to_contain_text("Find materialet")
    await hands.click(day.page.locator("input[name=how]").first)
    await hands.type("Fundet")
    await hands.press("Enter")
    await expect(day.page.locator(".empty")).to_be_visible()


async def ask_for_the_keys(day: Day, hands: Hands) -> None:
    await hands.press("?")
    await expect(day.page.locator("#keys")).to_be_visible()
    await hands.press("Escape")
    await expect(day.page.locator("#scan")).to_be_focused()


async def lend_to_five_in_pairs(day: Day, hands: Hands) -> None:
    """A class of 28 is 56 scans: a card and a book for each."""
    pairs = [(await day.library.reader("child"), await day.library.copy("book_child")) for _ in range(5)]
    await day.page.goto("/group-loan")
    await expect(day.page.locator("#group-field")).to_be_focused()
    began = time.monotonic()
    for reader, item in pairs:
        await hands.scan(reader.card)
        await hands.scan(item)
    await expect(day.page.locator("#lent-count")).to_have_text("5")
    assert time.monotonic() - began < 120 * len(pairs) / 28
    assert {await day.library.state_of(item) for _, item in pairs} == {"on_loan"}


JOBS: tuple[Callable[[Day, Hands], Awaitable[None]], ...] = (
    lend_five,
    return_three,
    collect_a_hold,
    shelve_three_holds,
    renew_everything,
    undo_a_loan,
    lend_all_the_same,
    change_borrower,
    take_back_between_loans,
    print_a_receipt,
    find_a_borrower_by_name,
    find_a_title,
    register_a_borrower,
    settle_a_doubt_about_a_fee,
    fetch_what_is_wanted,
    clear_the_hold_shelf,
    see_what_is_late_on_its_way,
    settle_what_must_be_looked_into,
    ask_for_the_keys,
    lend_to_five_in_pairs,
)


@pytest.fixture
async def day(page: Page, address: str, library: LendingLibrary) -> Day:
    place = f"{library.town.isil}:{library.town.main}"
    await page.context.add_cookies([{"name": "faelles_place", "value": place, "url": address}])
    return Day(page, library)


async def test_the_twenty_jobs_of_a_day_cost_no_more_than_they_did(day: Day):
    for job in JOBS:
        await day.do(job.__name__, job)
    ledger: dict[str, Cost] = json.loads(LEDGER.read_text())
    dearer = {
        name: (cost, ledger.get(name))
        for name, cost in day.costs.items()
        if any(count > ledger.get(name, {}).get(kind, 0) for kind, count in cost.items())
    }
    assert dearer == {}, "a job costs more hands than it did"
    assert day.costs == ledger, "a job costs less now: lower the ledger"


async def test_nothing_moves_while_the_desk_opens_and_it_weighs_little(day: Day):
    """Layout shift as the browser counts it, and what crosses the network for a first page."""
    await day.page.goto("/desk")
    await day.page.wait_for_load_state("networkidle")
    shift = await day.page.evaluate(
        "new Promise((told) => { let sum = 0; new PerformanceObserver((list) => {"
        " for (const entry of list.getEntries()) sum += entry.value; })"
        ".observe({type: 'layout-shift', buffered: true}); setTimeout(() => told(sum), 100); })"
    )
    sizes = await day.page.evaluate(
        "performance.getEntries().filter((each) => each.transferSize !== undefined)"
        ".map((each) => [each.name, each.encodedBodySize])"
    )
    first_page = {name: size for name, size in sizes if "service-worker" not in name}
    assert shift < 0.01
    assert 40_000 < sum(first_page.values()) < 150_000
