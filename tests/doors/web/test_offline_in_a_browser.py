"""The desk while nobody answers: a real server that is killed, a network that goes, a session that ends."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from multiprocessing.context import ForkProcess

import pytest
from playwright.async_api import Browser, Page, expect

from circulation.lending_library import LendingLibrary
from doors.web.browsing import Hands, at_the_desk, picture
from doors.web.school import a_class
from doors.web.sessions import session_of_staff
from faelles.doors.rest import server
from faelles.doors.web import app
from faelles.ground.clock import utc_now
from faelles.ground.config import read_config
from faelles.ground.crypto import Keyring
from faelles.ground.database.pool import open_database
from faelles.people.model import EVERY_PERMISSION
from waiting import PATIENCE, free_port

BLOCKED_LIST = """
() => new Promise((done) => {
  indexedDB.open("faelles-desk").onsuccess = ({ target: { result } }) => {
    const asked = result.transaction("settings").objectStore("settings").get("blocked");
    asked.onsuccess = () => { result.close(); done(asked.result && Object.keys(asked.result)); };
  };
})
"""
"""What the browser's database says of the list of blocked cards."""
AWAY = re.compile("Ingen forbindelse")
BACK = re.compile("Forbindelsen er tilbage")
NEVER_SENDS = """
const { request } = LockManager.prototype;
LockManager.prototype.request = function (name, ...more) {
  return name === "faelles-desk-sender" ? Promise.resolve(more.at(-1)(null)) : request.call(this, name, ...more);
};
"""
"""Somebody else always has the lock of whoever sends."""
LOANS = """
SELECT count(*) AS loans, count(*) FILTER (WHERE closed_at IS NULL) AS open
  FROM loan JOIN item ON item.agency_id = loan.agency_id AND item.id = loan.item_id
 WHERE loan.agency_id = $1 AND item.number = $2
"""


def serve_until_killed(url: str, keyring: Keyring, state: str, port: int) -> None:
    """In a process of its own."""

    async def serving() -> None:
        config = replace(read_config({"FAELLES_STATE": state}), http_port=port)
        async with open_database(url) as database:
            await server.serve(config, database, keyring, neighbours={"/": app.create})

    asyncio.run(serving())


@dataclass
class Process:
    """A server on a port of its own, which can be killed and started again."""

    url: str
    keyring: Keyring
    state: str
    port: int = field(default_factory=free_port)
    running: ForkProcess | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        made = get_context("fork").Process(
            target=serve_until_killed, args=(self.url, self.keyring, self.state, self.port), daemon=True
        )
        made.start()
        self.running = made
        async with asyncio.timeout(PATIENCE):
            while not await self._answers():
                assert made.is_alive()
                await asyncio.sleep(0.05)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        await writer.wait_closed()
        return True

    async def kill(self) -> None:
        if self.running is not None:
            self.running.kill()
            await asyncio.to_thread(self.running.join)


@pytest.fixture
async def process(owner_url: str, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Process]:
    made = Process(owner_url, keyring, str(tmp_path_factory.mktemp("state")))
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def desk(browser: Browser, address: str, library: LendingLibrary) -> AsyncIterator[Hands]:
    """A desk that was opened once before: everything it needs is kept."""
    page = await opened_at(browser, address, library)
    yield Hands(page)
    await page.context.close()


async def opened_at(browser: Browser, address: str, library: LendingLibrary) -> Page:
    library.clock.now = utc_now()
    session = await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    context = await browser.new_context(base_url=address, viewport={"width": 1280, "height": 900}, locale="da-DK")
    await context.add_cookies([{"name": "faelles_session", "value": session, "url": address}])
    page = await context.new_page()
    await page.goto("/desk")
    await everything_is_kept(page)
    return page


async def everything_is_kept(page: Page) -> None:
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.evaluate(
        "navigator.serviceWorker.controller"
        " || new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, {once: true}))"
        ".then(() => true)"
    )


async def loans_of(library: LendingLibrary, item: str) -> tuple[int, int]:
    """How often it was lent, and how often it still is."""
    row = await library.run(lambda tx: tx.row(LOANS, tx.agency, item))
    assert row is not None
    return row["loans"], row["open"]


async def work_list(library: LendingLibrary) -> list[str]:
    sql = "SELECT scanned_item FROM work_entry WHERE agency_id = $1 AND kind LIKE 'offline%' ORDER BY scanned_item"
    return [row["scanned_item"] for row in await library.run(lambda tx: tx.rows(sql, tx.agency))]


async def is_back(page: Page) -> None:
    await expect(page.locator("#log .entry", has_text=BACK)).to_have_count(1)
    await expect(page.locator("#queue")).to_have_text("")


async def test_fifty_scans_around_the_death_of_the_server_end_up_exactly_once(
    browser: Browser, process: Process, library: LendingLibrary
):
    desk = Hands(await opened_at(browser, process.address, library))
    first, second, third, earlier = [await library.reader() for _ in range(4)]
    items, back = [await library.copy() for _ in range(34)], [await library.copy() for _ in range(5)]
    reference, taken = await library.copy("reference"), await library.copy()
    for item in [*back, taken]:
        await library.lend(earlier, item)
    await desk.scan(first.card)
    for item in items[:14]:
        await desk.scan(item)
    await expect(desk.page.locator("#log .entry").nth(6)).to_be_visible()
    await process.kill()
    for scan in [second.card, *items[14:27], reference, taken]:
        await desk.scan(scan)
    await desk.answered(31)
    await expect(desk.page.locator("#queue")).to_contain_text(AWAY)
    await expect(desk.latest).to_contain_text("ikke kontrolleret")
    await picture(desk.page, "offline")

    # The page is opened again, without a server, and the desk goes on.
    await at_the_desk(desk.page)
    for scan in [third.card, *items[27:34]]:
        await desk.scan(scan)
    await desk.page.keyboard.press("Escape")
    for scan in [*items[27:31], *back, "9999999999", "9999999998"]:
        await desk.scan(scan)
    await desk.answered(19)
    await expect(desk.page.locator("#queue")).to_contain_text("venter")

    await process.start()
    await is_back(desk.page)
    await expect(desk.page.locator("#log .entry", has_text=BACK)).to_contain_text("Skal undersøges: 4")
    assert desk.scans == 50
    found = {item: await loans_of(library, item) for item in [*items, *back, reference, taken]}
    lent = dict.fromkeys([*items[:27], *items[31:], reference], (1, 1))
    returned = dict.fromkeys([*items[27:31], *back], (1, 0))
    assert found == lent | returned | {taken: (2, 1)}
    assert await work_list(library) == sorted([reference, taken, "9999999998", "9999999999"])
    await picture(desk.page, "offline-after")
    await desk.page.context.close()


async def test_a_class_goes_on_without_a_server_and_every_book_ends_up_with_its_pupil(
    desk: Hands, library: LendingLibrary
):
    pupils, books = [await library.reader("child") for _ in range(6)], [await library.copy() for _ in range(6)]
    page, made = desk.page, await a_class(library, pupils)
    await page.goto(f"/group-loan?class={made}")
    await page.locator("#answering").uncheck()
    await page.locator("#group-field").focus()
    await desk.scan(pupils[0].card)
    await desk.scan(books[0])
    await expect(page.locator("#lent-count")).to_have_text("1")
    await page.context.set_offline(True)
    await page.locator("#answering").check()
    await page.locator("#group-field").focus()
    for pupil, book in zip(pupils[1:], books[1:], strict=True):
        await desk.scan(pupil.card)
        await desk.scan(book)
    await expect(page.locator("#lent-count")).to_have_text("6")
    await expect(page.locator("#queue")).to_contain_text(AWAY)
    assert await library.state_of(books[5]) == "available"
    await page.context.set_offline(False)
    await expect(page.locator("#group-log .entry", has_text=BACK)).to_have_count(1)
    await expect(page.locator("#pairs .book[data-waits]")).to_have_count(0)
    assert [await loans_of(library, book) for book in books] == [(1, 1)] * 6
    alone, *answered_for = await borrowers(library, books)
    assert alone == [(pupils[0].id, "primary")]
    assert answered_for == [[(made, "primary"), (each.id, "secondary")] for each in pupils[1:]]


async def test_the_class_page_opens_again_without_a_server_and_goes_on_by_cards(desk: Hands, library: LendingLibrary):
    """What was scanned before it was closed is sent with what comes after; the address still says which class."""
    pupils, books = [await library.reader("child") for _ in range(2)], [await library.copy() for _ in range(3)]
    page, made = desk.page, await a_class(library, pupils)
    await page.goto(f"/group-loan?class={made}")
    await everything_is_kept(page)
    await expect(page.locator("#group-field")).to_be_focused()
    await page.context.set_offline(True)
    for scan in (pupils[0].card, books[0]):
        await desk.scan(scan)
    await expect(page.locator("#lent-count")).to_have_text("1")
    await page.reload()
    await expect(page.locator("#group-field")).to_be_focused()
    await expect(page.locator("#answering")).to_be_checked()
    assert (await page.content()).count(pupils[1].card) == 0
    for scan in (pupils[1].card, *books[1:]):
        await desk.scan(scan)
    await expect(page.locator("#lent-count")).to_have_text("2")
    await picture(page, "offline-class")
    await page.context.set_offline(False)
    await expect(page.locator("#pairs .book[data-waits]")).to_have_count(0)
    await expect(page.locator("#group-log .entry", has_text=BACK)).to_have_count(1)
    whose = [pupils[0], pupils[1], pupils[1]]
    assert await borrowers(library, books) == [[(made, "primary"), (each.id, "secondary")] for each in whose]


async def test_what_waited_is_done_on_the_class_page_too_and_what_was_no_loan_leaves_it(
    desk: Hands, library: LendingLibrary
):
    """Another tab of the same browser is the one that sends it."""
    pupils, books = [await library.reader("child") for _ in range(3)], [await library.copy() for _ in range(3)]
    page, made = desk.page, await a_class(library, pupils)
    await at_the_desk(await page.context.new_page())
    await page.add_init_script(NEVER_SENDS)
    await page.goto(f"/group-loan?class={made}")
    await page.locator("#answering").uncheck()
    await page.locator("#group-field").focus()
    for book in books[:2]:
        await desk.scan(book)
    rows, waiting = page.locator("#pairs .books"), page.locator("#group-log .entry:not(.sent)", has_text="Udføres")
    await expect(page.locator("#lent-count")).to_have_text("2")
    await page.context.set_offline(True)
    for box in await page.locator("#pairs .book input").all():
        await box.check()
    await page.keyboard.press("Alt+b")
    await expect(page.locator("#pairs .book input:disabled")).to_have_count(2)
    await expect(page.locator('[data-action="swap"]')).to_be_disabled()
    await desk.scan("5999999999")
    await expect(page.locator("#lent-count")).to_have_text("3")
    await page.locator("#group-log [data-action=undo]").last.click()
    await expect(waiting).to_have_count(2)
    await page.context.set_offline(False)
    await expect(page.locator("#pairs .book")).to_have_count(1)
    await expect(waiting).to_have_count(0)
    shown = [books.index(text.split()[-1]) if text else None for text in await rows.all_inner_texts()]
    loans = [await loans_of(library, book) for book in books]
    assert (shown, loans) == ([1, None, None], [(1, 0), (1, 1), (0, 0)])
    await expect(page.locator("#turn")).to_have_text("Scan et kort")


async def borrowers(library: LendingLibrary, items: list[str]) -> list[list[tuple[int, str]]]:
    """Who has each copy, and in which role."""
    sql = """
        SELECT b.patron_id, b.role
          FROM loan_borrower AS b
          JOIN loan AS l ON l.agency_id = b.agency_id AND l.id = b.loan_id
          JOIN item AS i ON i.agency_id = l.agency_id AND i.id = l.item_id
         WHERE b.agency_id = $1 AND i.number = $2
         ORDER BY b.role
    """
    found = [await library.run(lambda tx, item=item: tx.rows(sql, tx.agency, item)) for item in items]
    return [[(row["patron_id"], row["role"]) for row in rows] for rows in found]


async def test_what_a_closed_tab_left_is_sent_by_the_next_one(desk: Hands, library: LendingLibrary):
    reader, items = await library.reader(), [await library.copy() for _ in range(2)]
    context = desk.page.context
    await context.set_offline(True)
    await desk.scan(reader.card)
    await desk.scan(items[0])
    await desk.answered(2)
    second = await context.new_page()
    hands = await at_the_desk(second)
    await hands.scan(reader.card)
    await hands.scan(items[1])
    await hands.answered(2)
    await desk.page.close()
    await context.set_offline(False)
    await is_back(second)
    assert [await loans_of(library, item) for item in items] == [(1, 1), (1, 1)]


async def test_a_session_that_ends_keeps_its_scans_for_the_next(desk: Hands, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    page, cookies = desk.page, await desk.page.context.cookies()
    await page.context.clear_cookies()
    await desk.scan(reader.card)
    await desk.scan(item)
    await expect(page.locator("#queue")).to_contain_text("logget ud")
    await expect(page.locator("#sign-in-again")).to_be_visible()
    session = await library.run(lambda tx: session_of_staff(tx, EVERY_PERMISSION))
    signed_in = next(each for each in cookies if each["name"] == "faelles_session") | {"value": session}
    await page.context.add_cookies([signed_in])  # type: ignore[list-item] # what it gave us
    await is_back(page)
    assert await loans_of(library, item) == (1, 1)


async def test_what_was_asked_for_and_came_to_nothing_is_not_said_to_be_in_order(desk: Hands, library: LendingLibrary):
    await desk.scan((await library.reader()).card)
    await desk.scan(await library.copy())
    await desk.answered(2)
    await desk.page.context.set_offline(True)
    await desk.press("Alt+r")
    await desk.answered(3)
    await desk.page.context.set_offline(False)
    await expect(desk.page.locator("#log")).to_contain_text("Blev til intet, se svarene: 1.")
    await expect(desk.page.locator("#log")).not_to_contain_text("Alt gik op")


async def test_a_blocked_card_is_told_without_a_connection(desk: Hands, library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    block = (
        "INSERT INTO patron_block (agency_id, patron_id, code, starts_on, set_by)"
        " VALUES ($1, $2, 'M', current_date - 1, 'staff:1')"
    )
    await library.run(lambda tx: tx.execute(block, tx.agency, reader.id))
    await desk.page.evaluate("indexedDB.deleteDatabase('faelles-desk')")
    async with desk.page.expect_response("**/desk/blocked-cards**") as fetched:
        await desk.page.goto("/desk")
    assert "Søren" not in await (await fetched.value).text()
    await desk.page.wait_for_timeout(200)
    await desk.page.context.set_offline(True)
    await desk.scan(reader.card)
    await expect(desk.latest).to_contain_text("Kortet er spærret (listen fra")
    await expect(desk.page.locator("#panel .alert:visible")).to_contain_text("Kortet er spærret.")
    await desk.scan(item)
    await desk.answered(2)
    await expect(desk.latest).to_contain_text("Intet er udlånt")
    await picture(desk.page, "offline-blocked")
    await desk.page.locator("button[data-action=lend-anyway]").click()
    await expect(desk.page.locator("#panel .alert:visible")).to_contain_text("ikke kontrolleret")
    await desk.page.context.set_offline(False)
    await expect(desk.page.locator("#queue")).to_have_text("")
    assert await loans_of(library, item) == (0, 0)


async def test_a_clock_that_is_a_day_ahead_and_a_full_browser_lose_nothing(desk: Hands, library: LendingLibrary):
    reader, items = await library.reader(), [await library.copy() for _ in range(2)]
    await desk.page.add_init_script(
        "const now = Date.now; Date.now = () => now() + 24 * 3600 * 1000;"
        "IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    await at_the_desk(desk.page)
    await desk.page.context.set_offline(True)
    await desk.scan(reader.card)
    for item in items:
        await desk.scan(item)
    await desk.answered(4)
    await expect(desk.page.locator("#log .entry", has_text="ikke plads")).to_have_count(1)
    await desk.page.context.set_offline(False)
    await is_back(desk.page)
    assert [await loans_of(library, item) for item in items] == [(1, 1), (1, 1)]


async def test_what_is_kept_names_nobody(desk: Hands, library: LendingLibrary):
    reader = await library.reader()
    await desk.page.goto(f"/desk?patron={reader.id}")
    kept = await desk.page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name)"
        ".then((cache) => cache.keys()).then((all) => all.map((each) => new URL(each.url).pathname)))))"
    )
    paths = {path for names in kept for path in names}
    assert {"/desk/kept/da", "/desk/kept/en"} <= paths
    assert all(path.startswith(("/static/", "/desk/kept/", "/group-loan/kept/", "/desk/language")) for path in paths)
    stored = await (await desk.page.wait_for_function(BLOCKED_LIST)).json_value()
    assert set(stored) == {"agency", "branch", "key", "hashes", "asOf", "fetched"}
